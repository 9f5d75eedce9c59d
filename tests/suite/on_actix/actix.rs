//! What only actix-web has.
