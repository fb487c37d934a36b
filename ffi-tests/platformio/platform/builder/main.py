from SCons.Script import Default, DefaultEnvironment

env = DefaultEnvironment()
prefix = env.GetProjectOption("custom_prefix", "")
flags = env.GetProjectOption("custom_flags", "").split()
env.Replace(
    CC=f"{prefix}gcc", CXX=f"{prefix}g++", AR=f"{prefix}gcc-ar", RANLIB=f"{prefix}gcc-ranlib", PROGNAME="program", PROGSUFFIX=""
)
# As every framework has it.
env.Append(CCFLAGS=["-ffunction-sections", "-fdata-sections", *flags], LINKFLAGS=["-Wl,--gc-sections", *flags])
Default(env.BuildProgram())
