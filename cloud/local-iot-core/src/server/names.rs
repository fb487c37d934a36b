//! The names that the server certificate is for.

use motepost_contract::partition;

use crate::config::Config;
use crate::core::ENDPOINT;

pub(crate) fn of(config: &Config) -> Vec<String> {
    let like_aws = partition::data_endpoint("local", &config.region);
    let mut names = vec![
        ENDPOINT.to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
        like_aws,
    ];
    if !config.listen.is_unspecified() {
        names.push(config.listen.to_string());
    }
    for name in &config.extra_names {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificate_has_the_name_that_aws_gives_in_its_region() {
        for (region, expected) in [
            ("eu-central-1", "local-ats.iot.eu-central-1.amazonaws.com"),
            ("cn-north-1", "local.ats.iot.cn-north-1.amazonaws.com.cn"),
        ] {
            let config = Config {
                region: region.to_owned(),
                ..Config::default()
            };
            let names = of(&config);
            assert!(names.iter().any(|name| name == expected), "{names:?}");
        }
    }
}
