//! The limits that the contract, `openapi.yaml`, states.

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
