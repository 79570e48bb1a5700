//! The rules of the source tree, checked from the parsed source.

mod imports;
mod rules;
mod tree;
