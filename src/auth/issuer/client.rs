//! OAuth client credentials (RFC 6749 §4.4): a token for a client's own secret.

use secrecy::{ExposeSecret, SecretString};

use crate::auth::redact::Secrets;
use crate::auth::wire::Wire;
use crate::http::{HeaderValue, Url};

use super::Grant;
use super::answer::judge;
use super::oauth::{ClientAuth, OAuth, basic, form, post};

/// A client at one token endpoint. A new token is asked for in the way of the first one.
#[derive(Debug)]
pub struct ClientCredentials {
    wire: Wire,
    url: Url,
    form: SecretString,
    basic: Option<HeaderValue>,
    secrets: Secrets,
}

/// A client, as it was registered.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
    /// How it shows the secret.
    pub auth: ClientAuth,
    /// What the token is to be good for, as the service names it; words with spaces between them.
    pub scope: Option<String>,
}

impl ClientCredentials {
    /// Signs in at the token endpoint `url`.
    pub fn new(wire: Wire, url: Url, client: &Client) -> Self {
        let secrets = Secrets::default();
        secrets.given(&client.secret);
        let mut fields = vec![("grant_type", "client_credentials")];
        if let Some(scope) = &client.scope {
            fields.push(("scope", scope));
        }
        let basic = match client.auth {
            ClientAuth::Basic => basic(&client.id, &client.secret, &secrets),
            ClientAuth::Form => {
                fields.push(("client_id", &client.id));
                fields.push(("client_secret", client.secret.expose_secret()));
                None
            }
        };
        Self {
            form: form(&fields),
            wire,
            url,
            basic,
            secrets,
        }
    }

    pub(super) async fn ask(&self) -> Grant {
        let heard = post(&self.wire, &self.url, &self.form, self.basic.clone()).await;
        judge(heard, &OAuth, &self.secrets, self.wire.clock())
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
