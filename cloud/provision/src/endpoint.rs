//! Endpoints on the command line.

use anyhow::bail;
use motepost_contract::endpoint::{AwsHost, Endpoint};

/// Refuses what no device can publish to: a host of AWS's that is no data endpoint. A host that is not AWS's may be anything.
pub(crate) fn check(endpoint: &Endpoint<'_>) -> anyhow::Result<()> {
    match endpoint.aws_host() {
        None | Some(AwsHost::Data) => Ok(()),
        Some(AwsHost::RetiredData) => bail!(
            "the endpoint lacks -ats: the older kind, iot:Data, is reported as retired (aws iot describe-endpoint --endpoint-type iot:Data-ATS)"
        ),
        Some(AwsHost::Other) => bail!(
            "the endpoint is not a data endpoint: aws iot describe-endpoint --endpoint-type iot:Data-ATS"
        ),
    }
}
