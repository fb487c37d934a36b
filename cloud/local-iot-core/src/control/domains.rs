//! Domain configurations: create, update, describe, list, delete (API reference, one page an operation).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde_json::{Value, json};

use super::arn;
use super::description::date;
use super::domain_request::Wanted;
use super::error::{ApiError, invalid};
use super::request::{change, read};
use super::response::{OperationResult, ok};
use super::tags;
use crate::authorizers::domain::{DomainRecord, is_domain_name};
use crate::core::Core;
use crate::registry::Snapshot;
use crate::server::names;

type Shared = State<Arc<Core>>;

pub(super) async fn create(
    State(core): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let mut wanted: Wanted = read(&body)?;
    wanted.check()?;
    if !is_domain_name(&name) {
        return Err(invalid(
            "domainConfigurationName is not 1 to 128 letters, digits and _.-",
        ));
    }
    let names = names::of(&core.config);
    let server_name = wanted.domain_name.clone().ok_or_else(|| {
        invalid("domainName is missing: this local emulator makes up no names of its own")
    })?;
    if !names
        .iter()
        .any(|name| name.eq_ignore_ascii_case(&server_name))
    {
        return Err(ApiError::InvalidRequest(format!(
            "domainName {server_name} is not in the server certificate, which has {}: start the emulator with --name {server_name}",
            names.join(", ")
        )));
    }
    if wanted.server_certificate_arns.len() > 1 {
        return Err(invalid("serverCertificateArns has more than one entry"));
    }
    let tags = tags::checked(std::mem::take(&mut wanted.tags))?;
    let (authentication, protocol) = (wanted.authentication()?, wanted.protocol()?);
    let (named, arn) = (named(&core, &name), arn::domain(&core, &name));
    change(&core, move |snapshot| {
        let same = |domain: &&Arc<DomainRecord>| {
            domain.name == name || domain.server_name.eq_ignore_ascii_case(&server_name)
        };
        if let Some(other) = snapshot.domains.values().find(same) {
            return Err(ApiError::AlreadyExists {
                message: format!(
                    "The domain configuration {} has that name or that domain",
                    other.name
                ),
                id: other.name.clone(),
                arn,
            });
        }
        snapshot.add_domain(DomainRecord {
            authorizer: wanted.authorizer(snapshot)?,
            certificate_arns: wanted.server_certificate_arns,
            authentication: authentication.unwrap_or_default(),
            protocol: protocol.unwrap_or_default(),
            enabled: true,
            changed: SystemTime::now(),
            server_name,
            name,
        });
        tags::add(snapshot, &arn, tags)
    })
    .await?;
    ok(named)
}

pub(super) async fn update(
    State(core): Shared,
    Path(name): Path<String>,
    body: Bytes,
) -> OperationResult {
    let wanted: Wanted = read(&body)?;
    wanted.check()?;
    let enabled = match wanted.domain_configuration_status.as_deref() {
        None => None,
        Some("ENABLED") => Some(true),
        Some("DISABLED") => Some(false),
        Some(_) => {
            return Err(invalid(
                "domainConfigurationStatus is neither ENABLED nor DISABLED",
            ));
        }
    };
    let (authentication, protocol) = (wanted.authentication()?, wanted.protocol()?);
    let named = named(&core, &name);
    change(&core, move |snapshot| {
        let mut domain = DomainRecord::clone(&*find(snapshot, &name)?);
        if wanted.remove_authorizer_config {
            domain.authorizer = None;
        }
        if let Some(authorizer) = wanted.authorizer(snapshot)? {
            domain.authorizer = Some(authorizer);
        }
        if let Some(enabled) = enabled.filter(|enabled| *enabled != domain.enabled) {
            domain.enabled = enabled;
            domain.changed = SystemTime::now();
        }
        domain.authentication = authentication.unwrap_or(domain.authentication);
        domain.protocol = protocol.unwrap_or(domain.protocol);
        snapshot.add_domain(domain);
        Ok(())
    })
    .await?;
    ok(named)
}

pub(super) async fn describe(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let domain = core.registry.read(|snapshot| find(snapshot, &name))?;
    let certificates = domain.certificate_arns.iter();
    let certificates: Vec<_> = certificates
        .map(|arn| json!({"serverCertificateArn": arn, "serverCertificateStatus": "VALID"}))
        .collect();
    let mut description = named(&core, &name);
    description["domainName"] = json!(domain.server_name);
    description["serverCertificates"] = json!(certificates);
    if let Some(authorizer) = &domain.authorizer {
        description["authorizerConfig"] = json!({
            "defaultAuthorizerName": authorizer.name,
            "allowAuthorizerOverride": authorizer.may_be_overridden,
        });
    }
    description["domainConfigurationStatus"] = json!(if domain.enabled {
        "ENABLED"
    } else {
        "DISABLED"
    });
    description["serviceType"] = json!("DATA");
    description["domainType"] = json!("CUSTOMER_MANAGED");
    description["lastStatusChangeDate"] = json!(date(domain.changed));
    description["authenticationType"] = json!(domain.authentication);
    description["applicationProtocol"] = json!(domain.protocol);
    ok(description)
}

/// All on one page: there are few.
pub(super) async fn list(
    State(core): Shared,
    Query(query): Query<HashMap<String, String>>,
) -> OperationResult {
    let wanted = query.get("serviceType").is_none_or(|kind| kind == "DATA");
    let snapshot = core.registry.snapshot();
    let domains = snapshot.domains.keys().filter(|_| wanted).map(|name| {
        let mut summary = named(&core, name);
        summary["serviceType"] = json!("DATA");
        summary
    });
    ok(json!({"domainConfigurations": domains.collect::<Vec<_>>()}))
}

/// UNCONFIRMED: the words for one that is enabled still.
pub(super) async fn delete(State(core): Shared, Path(name): Path<String>) -> OperationResult {
    let arn = arn::domain(&core, &name);
    change(&core, move |snapshot| {
        if find(snapshot, &name)?.enabled {
            return Err(ApiError::InvalidRequest(format!(
                "The domain configuration {name} is ENABLED: it must be DISABLED to be deleted"
            )));
        }
        snapshot.domains.remove(&name);
        snapshot.tags.remove(&arn);
        Ok(())
    })
    .await?;
    ok(json!({}))
}

fn find(snapshot: &Snapshot, name: &str) -> Result<Arc<DomainRecord>, ApiError> {
    let found = snapshot.domains.get(name).cloned();
    found.ok_or_else(|| {
        ApiError::NotFound(format!("The domain configuration {name} does not exist"))
    })
}

/// AWS adds an id of its own to the name.
fn named(core: &Core, name: &str) -> Value {
    json!({"domainConfigurationName": name, "domainConfigurationArn": arn::domain(core, name)})
}
