//! Users at a server, seeded and looked at over plain HTTP.

use serde_json::{Value, json};

use super::server::Server;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Where users have their access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Entitlements,
    Groups,
}

/// A user as the server shows it to each client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) active: bool,
    /// What the user has access to, sorted.
    pub(super) access: Vec<String>,
}

/// The users of a server. The last one is in no roster, and the last but one has nothing left.
pub(super) struct Tenant {
    pub(super) server: Server,
    pub(super) access: Access,
    pub(super) ids: Vec<String>,
}

/// The name of the user with this number.
pub(super) fn name(number: usize) -> String {
    format!("user{number}@example.com")
}

impl Tenant {
    /// Makes so many users, each with two pieces of access.
    pub(super) async fn seed(server: Server, access: Access, users: usize) -> Self {
        let mut this = Self {
            server,
            access,
            ids: Vec::new(),
        };
        for number in 0..users {
            let gone = number + 2 == users;
            let mut user = json!({
                "schemas": [USER],
                "userName": name(number),
                "name": { "givenName": "User", "familyName": format!("N{number}") },
                "emails": [{ "value": name(number), "primary": true }],
                "active": !gone,
            });
            if access == Access::Entitlements && !gone {
                user["entitlements"] = json!([{ "value": "ws1" }, { "value": "ws2" }]);
            }
            let made = this.made("/Users", user).await;
            this.ids.push(made);
        }
        if access == Access::Groups {
            let ids = this.ids.iter().enumerate();
            let members: Vec<_> = ids
                .filter(|(number, _)| number + 2 != users)
                .map(|(_, id)| json!({ "value": id }))
                .collect();
            for group in ["G1", "G2"] {
                let body = json!({ "schemas": [GROUP], "displayName": group });
                let id = this.made("/Groups", body).await;
                let operation = json!({ "op": "add", "path": "members", "value": members });
                let body = json!({ "schemas": [PATCH], "Operations": [operation] });
                let path = format!("/Groups/{id}");
                let (status, answer) = this.server.ask("PATCH", &path, Some(body)).await;
                assert_eq!(status, 200, "{answer}");
            }
        }
        this
    }

    async fn made(&self, endpoint: &str, body: Value) -> String {
        let (status, made) = self.server.ask("POST", endpoint, Some(body)).await;
        assert_eq!(status, 201, "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    /// The whole user, as the server shows it.
    pub(super) async fn whole(&self, id: &str) -> (u16, Value) {
        self.server.ask("GET", &format!("/Users/{id}"), None).await
    }

    /// What a user has.
    pub(super) async fn shown(&self, id: &str) -> Shown {
        let (status, user) = self.whole(id).await;
        assert_eq!(status, 200, "{user}");
        shown(&user, self.access)
    }

    /// What all users of the roster have.
    pub(super) async fn all_shown(&self) -> Vec<Shown> {
        let mut all = Vec::new();
        for id in self.leavers() {
            all.push(self.shown(id).await);
        }
        all
    }

    /// Those who are in the roster.
    pub(super) fn leavers(&self) -> &[String] {
        &self.ids[..self.ids.len() - 1]
    }

    /// The user who is not in the roster.
    pub(super) async fn bystander(&self) -> Value {
        self.whole(self.ids.last().unwrap()).await.1
    }
}

/// What a user has.
pub(super) fn shown(user: &Value, access: Access) -> Shown {
    let attribute = match access {
        Access::Entitlements => "entitlements",
        Access::Groups => "groups",
    };
    let entries = user[attribute].as_array().cloned().unwrap_or_default();
    let mut access: Vec<_> = entries
        .iter()
        .map(|entry| {
            entry["value"]
                .as_str()
                .map_or(entry["value"].to_string(), str::to_owned)
        })
        .collect();
    access.sort();
    Shown {
        active: user["active"].as_bool().unwrap(),
        access,
    }
}
