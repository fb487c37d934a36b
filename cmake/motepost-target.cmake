# motepost_target(<variable>): the Rust target whose code fits what the C compiler makes here; empty for this machine's own.
#
# The compiler is asked, since it alone knows what its flags come to: an archive with another float ABI does not link.
function(motepost_target variable)
    # What follows the compiler's name in CC is apart from its flags.
    separate_arguments(flags NATIVE_COMMAND "${CMAKE_C_COMPILER_ARG1} ${CMAKE_C_FLAGS}")
    get_directory_property(options COMPILE_OPTIONS)
    list(FILTER options EXCLUDE REGEX "\\$<")
    file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/motepost-target.c" "")
    execute_process(
        COMMAND "${CMAKE_C_COMPILER}" ${flags} ${options} -dM -E "${CMAKE_CURRENT_BINARY_DIR}/motepost-target.c"
        OUTPUT_VARIABLE macros RESULT_VARIABLE failed ERROR_VARIABLE complaint)
    if(failed)
        message(FATAL_ERROR "motepost: ${CMAKE_C_COMPILER} cannot say what it compiles for; set MOTEPOST_TARGET.\n${complaint}")
    endif()

    set(arm_6M "thumbv6m-none-eabi")
    set(arm_7M "thumbv7m-none-eabi")
    set(arm_7EM "thumbv7em-none-eabi")
    set(arm_8M_BASE "thumbv8m.base-none-eabi")
    set(arm_8M_MAIN "thumbv8m.main-none-eabi")
    set(arm_8_1M_MAIN "thumbv8m.main-none-eabi") # Cortex-M52, M55, M85
    if(macros MATCHES "#define __ARM_ARCH_(6M|7M|7EM|8M_BASE|8M_MAIN|8_1M_MAIN)__ ")
        set(target "${arm_${CMAKE_MATCH_1}}")
        if(macros MATCHES "#define __ARM_PCS_VFP ")
            string(APPEND target "hf")
        endif()
    elseif(macros MATCHES "#define __riscv_xlen 32" AND macros MATCHES "#define __riscv_float_abi_soft "
            AND macros MATCHES "#define __riscv_mul " AND macros MATCHES "#define __riscv_compressed "
            AND NOT macros MATCHES "#define __riscv_32e ")
        set(target "riscv32imc-unknown-none-elf")
        if(macros MATCHES "#define __riscv_atomic ")
            set(target "riscv32imac-unknown-none-elf")
        endif()
    elseif(macros MATCHES "#define __XTENSA_WINDOWED_ABI__ ")
        set(target "xtensa-esp32-none-elf")
    elseif(macros MATCHES "#define __XTENSA_CALL0_ABI__ ")
        set(target "xtensa-esp8266-none-elf")
    elseif(macros MATCHES "#define __AVR_ARCH__ 5\n")
        set(target "avr-none")
    elseif(CMAKE_CROSSCOMPILING)
        message(FATAL_ERROR "motepost: no archive is known for what ${CMAKE_C_COMPILER} compiles for with \"${flags} ${options}\". "
            "Give the processor's flags in CMAKE_C_FLAGS, or set MOTEPOST_TARGET to a Rust target.")
    else()
        set(target "")
    endif()
    set(${variable} "${target}" PARENT_SCOPE)
endfunction()
