//! The settings as they are kept with a run: under the names of the flags, and without secrets.

use std::time::Duration;

use serde_json::{Value, json};

use crate::roster::HeaderAt;
use crate::settings::{Settings, Span};

impl Settings {
    /// All settings as a JSON object. There is no secret among them: a password is never part of
    /// [`Settings`], and not even the name of a file that holds a secret is recorded.
    pub fn told(&self) -> Value {
        let span = |span: Duration| Span(span).to_string();
        let (limits, safety, connection) = (&self.limits, &self.safety, &self.connection);
        let required: Vec<_> = self
            .grounds
            .required
            .iter()
            .map(|one| one.as_str())
            .collect();
        json!({
            "scim-url": connection.scim.as_str(),
            "sign-in": connection.sign_in.kind.to_string(),
            "sign-in-url": connection.sign_in.method.service(),
            "username": connection.sign_in.username,
            "timeout": span(connection.http.timeout),
            "connect-timeout": span(connection.http.connect_timeout),
            "id-column": self.roster.id_column,
            "email-column": self.roster.email_column,
            "encoding": self.roster.encoding.map(|encoding| encoding.to_string()),
            "header-line": match self.roster.header {
                HeaderAt::Line(line) => Some(line),
                HeaderAt::Found | HeaderAt::Absent => None,
            },
            "no-header": self.roster.header == HeaderAt::Absent,
            "allow-unusual-ids": self.roster.unusual_ids,
            "rate": self.rate.to_string(),
            "burst": self.burst,
            "concurrency": self.concurrency,
            "max-attempts": self.max_attempts,
            "throttle-wait": span(self.throttle_wait),
            "grace": span(self.grace),
            "max-outage": span(limits.outage),
            "max-failures": limits.failures.map(|limit| limit.to_string()),
            "max-duration": limits.duration.map(span),
            "until": limits.until.map(|moment| moment.to_string()),
            "cap": safety.rails.cap,
            "cap-share": safety.rails.cap_share.to_string(),
            "protect": safety.protect,
            "self": safety.self_id,
            "plan-ttl": span(safety.plan_ttl),
            "canary": safety.canary,
            "allow_mismatch": safety.allow_mismatch,
            "require": required,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layer;

    #[test]
    fn p10_what_is_kept_names_no_secret_and_not_where_one_is() {
        let layer = Layer {
            username: Some("ada@example.com".to_owned()),
            password_file: Some("planted".into()),
            ..Layer::profile("anaplan").unwrap()
        };
        let told = Settings::resolve(layer).unwrap().told();
        assert_eq!(told["username"], "ada@example.com");
        assert_eq!(told["rate"], "8/s");
        assert!(!told.to_string().contains("planted"));
    }
}
