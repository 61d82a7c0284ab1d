//! Where the provider is, and how it behaves.

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::scim::Dialect;
use crate::settings::declare::{Evidence, KEPT, SWITCH, SettingFacts, Trust, settings_group};
use crate::settings::sources::RegionGroup;
use crate::settings::values::UrlParts;

/// The facts of an address that a region or the profile gives too.
const HOST: SettingFacts = SettingFacts {
    value: "URL",
    otherwise: "by region and profile",
    trust: Trust::Host,
    ..KEPT
};

settings_group! {
    /// Where the provider is.
    HostSettings, "Where the provider is" {
        /// The region of the tenant, such as `us9`: it sets all hosts that no URL names.
        region: String => SettingFacts { value: "CODE", example: "us9", ..KEPT };
        /// The whole SCIM base URL.
        scim_url: String => SettingFacts { example: "https://api.anaplan.com/scim/1/0/v2", ..HOST };
        /// The sign-in service's origin.
        auth_url: String => SettingFacts { example: "https://auth.anaplan.com", ..HOST };
        /// The OAuth service's origin.
        oauth_url: String => SettingFacts { example: "https://us1a.app.anaplan.com", ..HOST };
        /// What replaces a placeholder in the profile's URLs, such as `directory=0f3a`; repeat it for more.
        places: UrlParts => SettingFacts {
            value: "NAME=TEXT",
            flag: "place",
            example: "{ directory = \"0f3a\" }",
            trust: Trust::Named,
            ..KEPT
        };
        /// Let plain http leave this machine: anyone on the network can then read the password.
        allow_http: bool = false => SettingFacts {
            trust: Trust::NamedIf(|value| value.as_bool() == Some(true)),
            ..SWITCH
        };
    }
}

settings_group! {
    /// How the provider behaves. Mostly its profile sets these.
    ProviderSettings, "How the provider behaves (mostly set by its profile)" {
        /// The number of workspaces that one request can name.
        most_workspaces: usize => SettingFacts { example: "50", ..KEPT };
        /// Where each region has its hosts.
        regions: Vec<RegionGroup> => SettingFacts {
            evidence: Evidence::Elsewhere("the addresses, as `scim-url`, `auth-url` and `oauth-url`"),
            trust: Trust::Named,
            ..KEPT
        };
        /// The built-in profile that a profile extends: what it does not say is as there.
        #[serde(skip_serializing)]
        extends: String => SettingFacts {
            evidence: Evidence::Elsewhere("the name of the profile, as `profile`"),
            ..KEPT
        };
        /// How the provider speaks SCIM. The strongest source that has this table gives all of it.
        #[serde(deserialize_with = "checked", skip_serializing)]
        scim: Dialect => SettingFacts {
            evidence: Evidence::Elsewhere("the name of the profile, as `profile`"),
            ..KEPT
        };
        /// What a profile says about itself.
        #[serde(skip_serializing)]
        about: About => SettingFacts {
            evidence: Evidence::Elsewhere("the name of the profile, as `profile`"),
            ..KEPT
        };
    }
}

/// What a profile says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct About {
    /// The provider's name.
    pub provider: String,
    /// The server against which the profile was tried, or `from documentation`; `None` if the profile does not say.
    pub tried: Option<String>,
}

/// Reads a dialect, and refuses one whose parts contradict each other.
fn checked<'de, D>(deserializer: D) -> Result<Option<Dialect>, D::Error>
where
    D: Deserializer<'de>,
{
    let dialect = Dialect::deserialize(deserializer)?;
    dialect.check().map_err(D::Error::custom)?;
    Ok(Some(dialect))
}
