//! What a job is known by: the same roster, change and target are the same job.

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::{Change, hex};

/// SHA-256, in hexadecimal, over target, change and the roster's own digest, a line each.
pub(super) fn job_key(target: &str, change: &Change, roster_digest: &str) -> String {
    let text = format!("{target}\n{change}\n{roster_digest}\n");
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_makes_another_job() {
        let disable: Change = "disable".parse().unwrap();
        let both: Change = "disable+remove-access".parse().unwrap();
        let key = job_key("https://a", &disable, "00");
        assert_eq!(key.len(), 64);
        assert_eq!(key, job_key("https://a", &disable, "00"));
        for other in [
            job_key("https://b", &disable, "00"),
            job_key("https://a", &both, "00"),
            job_key("https://a", &disable, "01"),
        ] {
            assert_ne!(key, other);
        }
    }
}
