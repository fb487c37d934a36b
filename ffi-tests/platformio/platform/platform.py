from platformio.public import PlatformBase


class InstalledPlatform(PlatformBase):
    pass
