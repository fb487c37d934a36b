//! The authorizers that exist, and what their functions may return.

pub(crate) mod authorizer;
pub(crate) mod domain;
pub(crate) mod grants;
pub(crate) mod record;
pub(crate) mod lookup;
pub(crate) mod response;
