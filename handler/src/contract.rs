//! The limits that `assets/openapi.yaml` states.

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
