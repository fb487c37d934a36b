//! The ways by which build systems take the library: CMake and pkg-config, Zephyr, ESP-IDF, Arduino and PlatformIO.

mod arduino;
mod cmake;
mod esp_idf;
mod zephyr;
