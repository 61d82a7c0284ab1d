//! OAuth client credentials (RFC 6749 §4.4): a client gets a token for its own secret.

use secrecy::{ExposeSecret, SecretString};

use crate::auth::paced_client::PacedClient;
use crate::auth::redact::Secrets;
use crate::http::{HeaderValue, Url};

use super::Grant;
use super::token_answer::judge;
use super::token_endpoint::{ClientAuth, OauthAnswers, basic, form, post};

/// A client at one token endpoint. A token is renewed by asking for a new one.
#[derive(Debug)]
pub struct ClientCredentials {
    wire: PacedClient,
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
    /// How it sends the secret.
    pub auth: ClientAuth,
    /// The scopes of the token, separated by spaces.
    pub scope: Option<String>,
}

impl ClientCredentials {
    /// Signs in at the token endpoint `url`.
    pub fn new(wire: PacedClient, url: Url, client: &Client) -> Self {
        let secrets = Secrets::default();
        secrets.remember_given(&client.secret);
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
        let answer = post(&self.wire, &self.url, &self.form, self.basic.clone()).await;
        judge(answer, &OauthAnswers, &self.secrets, self.wire.clock())
    }

    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }
}
