//! A local stand-in for AWS IoT Core.
