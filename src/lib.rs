#![no_std]
//! Motepost.
