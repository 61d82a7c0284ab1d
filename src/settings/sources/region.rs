//! Regions: one word that means all hosts of a provider.
//!
//! A profile or a settings file says which regions there are, and where each has its hosts.

use serde::{Deserialize, Serialize};

use crate::settings::SettingsError;
use crate::settings::groups::HostSettings;

/// The placeholder for the region's code in an address.
const PLACEHOLDER: &str = "{region}";

/// Regions whose addresses are made in the same way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegionGroup {
    /// The codes of the regions.
    codes: Vec<String>,
    /// The whole SCIM base URL; the code replaces `{region}`, here and below.
    #[serde(skip_serializing_if = "Option::is_none")]
    scim_url: Option<String>,
    /// The sign-in service's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_url: Option<String>,
    /// The OAuth service's origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    oauth_url: Option<String>,
}

/// The addresses of the region called `wanted`, in any case; of two groups that have it, the first
/// counts.
///
/// # Errors
/// [`SettingsError::UnknownRegion`], which names the regions that there are.
pub(super) fn hosts(wanted: &str, groups: &[RegionGroup]) -> Result<HostSettings, SettingsError> {
    let wanted = wanted.trim();
    let found = groups.iter().find_map(|group| {
        let mut codes = group.codes.iter();
        let code = codes.find(|code| code.eq_ignore_ascii_case(wanted))?;
        Some((code, group))
    });
    let Some((code, group)) = found else {
        let codes = groups.iter().flat_map(|group| group.codes.iter().cloned());
        let mut known: Vec<String> = codes.collect();
        known.sort_unstable();
        known.dedup();
        return Err(SettingsError::UnknownRegion {
            name: wanted.to_owned(),
            known,
        });
    };
    let url = |pattern: &Option<String>| {
        let pattern = pattern.as_deref()?;
        Some(pattern.replace(PLACEHOLDER, code))
    };
    Ok(HostSettings {
        scim_url: url(&group.scim_url),
        auth_url: url(&group.auth_url),
        oauth_url: url(&group.oauth_url),
        ..HostSettings::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layer;

    /// The hosts of a region of the built-in profile for Anaplan: SCIM, sign-in, OAuth.
    fn anaplan(region: &str) -> Result<[String; 3], String> {
        let profile = Layer::profile("anaplan").unwrap();
        let hosts =
            hosts(region, &profile.provider.regions.unwrap()).map_err(|error| error.to_string())?;
        Ok(
            [hosts.scim_url, hosts.auth_url, hosts.oauth_url].map(|url| {
                let url = url.unwrap();
                let url = url.strip_prefix("https://").unwrap();
                url.replace("/scim/1/0/v2", "")
            }),
        )
    }

    #[test]
    fn each_region_of_anaplan_has_its_hosts() {
        for region in ["us1", "US2", "us5", "us7", "eu1", "eu2", "eu4", " ap1 "] {
            let expected = [
                "api.anaplan.com",
                "auth.anaplan.com",
                "us1a.app.anaplan.com",
            ];
            assert_eq!(anaplan(region).unwrap(), expected, "{region}");
        }
        for region in [
            "us9", "eu3", "eu5", "gb1", "sg1", "ae1", "in1", "id1", "me1",
        ] {
            let expected =
                ["api", "auth", "app"].map(|kind| format!("{region}.{kind}.anaplan.com"));
            assert_eq!(anaplan(region).unwrap(), expected);
        }
        assert_eq!(
            anaplan("ca1").unwrap(),
            [
                "ca1a.api.anaplan.com",
                "ca1a.auth.anaplan.com",
                "ca1a.app.anaplan.com"
            ]
        );
        assert_eq!(
            anaplan("au1").unwrap(),
            [
                "au1a.api2.anaplan.com",
                "au1a.app2.anaplan.com",
                "au1a.app2.anaplan.com"
            ]
        );
    }

    #[test]
    fn a_region_that_is_not_there_is_answered_with_those_that_are() {
        let profile = Layer::profile("anaplan").unwrap();
        let error = hosts("mars", &profile.provider.regions.unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "there is no region `mars`");
        let hint = error.hint().unwrap();
        assert_eq!(
            hint,
            "there are ae1, ap1, au1, ca1, eu1, eu2, eu3, eu4, eu5, gb1, id1, in1, me1, sg1, us1, us2, us5, us7, us9"
        );
        let none = hosts("eu1", &[]).unwrap_err();
        let hint = none.hint().unwrap();
        assert!(
            hint.contains("has no regions") && hint.contains("--scim-url"),
            "{hint}"
        );
    }
}
