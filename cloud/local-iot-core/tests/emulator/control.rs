//! The control plane, byte by byte as AWS's clients send it and read it. The real CLI is in `aws_cli.rs`.

use local_iot_core::{Authorizer, Config, Limits, LocalIotCore};
use serde_json::{Value, json};

use crate::authorizers::{KEY, NEXT_KEY, pem, recorder, sign};
use crate::support::*;

const FUNCTION: &str = "arn:aws:lambda:eu-central-1:123456789012:function:customAuthFunc";

fn call(emulator: &LocalIotCore, method: &str, target: &str, body: &Value) -> (u16, Value) {
    let response = send(emulator, method, target, &body.to_string(), &sigv4("iot"));
    (
        response.status,
        serde_json::from_str(&response.body).unwrap(),
    )
}

fn get(emulator: &LocalIotCore, target: &str) -> (u16, Value) {
    call(emulator, "GET", target, &json!({}))
}

fn send(emulator: &LocalIotCore, method: &str, target: &str, body: &str, fields: &str) -> Response {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost:{}\r\n{fields}content-length:{}\r\n\r\n{body}",
        emulator.control_addr(),
        body.len()
    );
    ask_at(emulator.control_addr(), request)
}

/// Creates an unsigned one, and expects it to work.
fn create(emulator: &LocalIotCore, name: &str, status: &str) {
    let body = json!({
        "authorizerFunctionArn": FUNCTION, "status": status, "signingDisabled": true, "tokenKeyName": "token",
    });
    let (code, response) = call(emulator, "POST", &format!("/authorizer/{name}"), &body);
    assert_eq!(code, 200, "{response}");
}

#[test]
fn what_is_refused_before_an_operation_has_the_form_of_its_errors() {
    let emulator = start();
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    let rows = [
        ("GET", "/authorizer/%ff", "iot", ""),
        ("POST", "/rules/%ff/enable", "iot", ""),
        ("GET", "/retainedMessage/%ff", "iotdata", ""),
        ("POST", "/authorizer/A", "iot", large.as_str()),
    ];
    for (method, target, service, body) in rows {
        let response = send(&emulator, method, target, body, &sigv4(service));
        assert_eq!(response.status, 400, "{target}");
        let kind = field(&response.head, "x-amzn-errortype");
        assert_eq!(kind, Some("InvalidRequestException"), "{target}");
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert!(!body["message"].as_str().unwrap().is_empty(), "{target}");
    }
}

#[test]
fn what_was_created_is_described_and_asked() {
    let emulator = start();
    create(&emulator, "we%3Dird%2C%40x", "ACTIVE");
    let (status, response) = get(&emulator, "/authorizer/we%3Dird%2C%40x");
    assert_eq!(status, 200);
    let mut description = response["authorizerDescription"].clone();
    for date in ["creationDate", "lastModifiedDate"] {
        assert!(description[date].as_f64().unwrap() > 1.6e9, "{description}");
        description.as_object_mut().unwrap().remove(date);
    }
    assert_eq!(
        description,
        json!({
            "authorizerName": "we=ird,@x",
            "authorizerArn": "arn:aws:iot:eu-central-1:123456789012:authorizer/we=ird,@x",
            "authorizerFunctionArn": FUNCTION,
            "tokenKeyName": "token",
            "status": "ACTIVE",
            "signingDisabled": true,
            "enableCachingForHttp": false,
        })
    );
    let fields = "x-amz-customauthorizer-name:we=ird,@x\r\ntoken:allow\r\nid:a\r\n";
    assert_eq!(
        ask(&emulator, request("POST", "/topics/a/b", fields)).status,
        200
    );
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let emulator = start();
    create(&emulator, "A", "ACTIVE");
    let body = json!({"status": "INACTIVE", "enableCachingForHttp": true});
    assert_eq!(call(&emulator, "PUT", "/authorizer/A", &body).0, 200);
    let description = get(&emulator, "/authorizer/A").1["authorizerDescription"].clone();
    assert_eq!(description["status"], "INACTIVE");
    assert_eq!(description["enableCachingForHttp"], true);
    assert_eq!(description["tokenKeyName"], "token");
    assert_eq!(description["authorizerFunctionArn"], FUNCTION);
    let (status, reason) = judge(
        &emulator,
        request(
            "POST",
            "/topics/a/b",
            "x-amz-customauthorizer-name:A\r\ntoken:allow\r\nid:a\r\n",
        ),
    );
    assert_eq!(
        (status, reason.as_str()),
        (403, "the authorizer is INACTIVE")
    );
}

#[test]
fn one_created_without_a_status_is_inactive_and_demands_signatures() {
    let emulator = start();
    let (_, response) = call(
        &emulator,
        "POST",
        "/authorizer/A",
        &json!({"authorizerFunctionArn": FUNCTION}),
    );
    assert_eq!(
        response["message"],
        "Token key name for authorizer A cannot be null when signing is enabled"
    );
    let body = json!({"authorizerFunctionArn": FUNCTION, "signingDisabled": true});
    assert_eq!(call(&emulator, "POST", "/authorizer/A", &body).0, 200);
    let description = get(&emulator, "/authorizer/A").1["authorizerDescription"].clone();
    assert_eq!(description["status"], "INACTIVE");
}

#[test]
fn what_aws_would_refuse_is_refused_with_its_type() {
    let emulator = start();
    create(&emulator, "active", "ACTIVE");
    create(&emulator, "idle", "INACTIVE");
    let unsigned = |more: Value| {
        let mut body = json!({"authorizerFunctionArn": FUNCTION, "signingDisabled": true});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let key = |name: &str, pem: &str| unsigned(json!({"tokenSigningPublicKeys": {name: pem}}));
    let long_name = format!("/authorizer/{}", "x".repeat(129));
    let bad = "InvalidRequestException";
    let rows = [
        (
            "POST",
            "/authorizer/active",
            unsigned(json!({})),
            409,
            "ResourceAlreadyExistsException",
        ),
        ("POST", "/authorizer/a%20b", unsigned(json!({})), 400, bad),
        ("POST", &long_name, unsigned(json!({})), 400, bad),
        (
            "POST",
            "/authorizer/A",
            json!({"signingDisabled": true}),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"authorizerFunctionArn": "f"})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"tokenKeyName": "a b"})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"tokenKeyName": ""})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"status": "active"})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"signingDisabled": "true"})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"tags": [{"Value": "b"}]})),
            400,
            bad,
        ),
        (
            "POST",
            "/authorizer/A",
            unsigned(json!({"tags": [{"Key": ""}]})),
            400,
            bad,
        ),
        ("POST", "/authorizer/A", key("K1", "nonsense"), 400, bad),
        (
            "POST",
            "/authorizer/A",
            key("K1", &"x".repeat(5121)),
            400,
            bad,
        ),
        ("POST", "/authorizer/A", json!([]), 400, bad),
        (
            "PUT",
            "/authorizer/none",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "PUT",
            "/authorizer/idle",
            json!({"signingDisabled": false}),
            400,
            bad,
        ),
        (
            "PUT",
            "/authorizer/idle",
            json!({"authorizerFunctionArn": "f"}),
            400,
            bad,
        ),
        (
            "GET",
            "/authorizer/none",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DELETE",
            "/authorizer/none",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        ("DELETE", "/authorizer/active", json!({}), 400, bad),
        (
            "POST",
            "/authorizer/none/test",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        ("POST", "/default-authorizer", json!({}), 400, bad),
        (
            "POST",
            "/default-authorizer",
            json!({"authorizerName": "none"}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "GET",
            "/default-authorizer",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        (
            "DELETE",
            "/default-authorizer",
            json!({}),
            404,
            "ResourceNotFoundException",
        ),
        ("GET", "/authorizers/?pageSize=0", json!({}), 400, bad),
        ("GET", "/authorizers/?pageSize=251", json!({}), 400, bad),
        ("GET", "/authorizers/?marker=!", json!({}), 400, bad),
        ("GET", "/authorizers/?status=x", json!({}), 400, bad),
        (
            "GET",
            "/authorizers/?isAscendingOrder=1",
            json!({}),
            400,
            bad,
        ),
        (
            "GET",
            "/endpoint?endpointType=iot%3AJobs",
            json!({}),
            400,
            bad,
        ),
        (
            "GET",
            "/endpoint?endpointType=iot%3AData",
            json!({}),
            400,
            bad,
        ),
        (
            "GET",
            "/things",
            json!({}),
            404,
            "UnknownOperationException",
        ),
        (
            "PATCH",
            "/authorizer/active",
            json!({}),
            404,
            "UnknownOperationException",
        ),
    ];
    for (method, target, body, status, kind) in rows {
        let response = send(&emulator, method, target, &body.to_string(), &sigv4("iot"));
        assert_eq!(
            response.status, status,
            "{method} {target} {body}: {}",
            response.body
        );
        assert_eq!(
            field(&response.head, "x-amzn-errortype"),
            Some(kind),
            "{target} {body}"
        );
        assert!(field(&response.head, "x-amzn-requestid").is_some());
        let response: Value = serde_json::from_str(&response.body).unwrap();
        assert!(response["message"].is_string(), "{response}");
    }
    let (_, left) = get(&emulator, "/authorizers/?isAscendingOrder=true");
    assert_eq!(names(&left), ["active", "idle", "unsignedAuthorizer"]);
}

fn names(list: &Value) -> Vec<&str> {
    let list = list["authorizers"].as_array().unwrap();
    list.iter()
        .map(|a| a["authorizerName"].as_str().unwrap())
        .collect()
}

#[test]
fn a_conflict_names_the_resource() {
    let emulator = start();
    let body = json!({"authorizerFunctionArn": FUNCTION, "signingDisabled": true});
    let (_, response) = call(&emulator, "POST", "/authorizer/unsignedAuthorizer", &body);
    assert_eq!(response["resourceId"], "unsignedAuthorizer");
    assert_eq!(
        response["resourceArn"],
        "arn:aws:iot:eu-central-1:123456789012:authorizer/unsignedAuthorizer"
    );
}

#[test]
fn there_is_a_limit() {
    let emulator = start_within(Limits {
        authorizers: 1,
        ..Limits::default()
    });
    let body = json!({"authorizerFunctionArn": FUNCTION, "signingDisabled": true});
    let response = send(
        &emulator,
        "POST",
        "/authorizer/A",
        &body.to_string(),
        &sigv4("iot"),
    );
    assert_eq!(response.status, 410);
    assert_eq!(
        field(&response.head, "x-amzn-errortype"),
        Some("LimitExceededException")
    );
}

#[test]
fn a_list_comes_in_pages_in_either_order_and_by_status() {
    let emulator = LocalIotCore::start(Config {
        unsigned_authorizer: false,
        ..Config::default()
    })
    .unwrap();
    for (name, status) in [("c", "ACTIVE"), ("a", "INACTIVE"), ("b", "ACTIVE")] {
        create(&emulator, name, status);
    }
    let (_, first) = get(&emulator, "/authorizers/?pageSize=2&isAscendingOrder=true");
    assert_eq!(names(&first), ["a", "b"]);
    let marker = first["nextMarker"].as_str().unwrap().replace('=', "%3D");
    let target = format!("/authorizers/?pageSize=2&isAscendingOrder=true&marker={marker}");
    let (_, second) = get(&emulator, &target);
    assert_eq!(names(&second), ["c"]);
    assert!(second.get("nextMarker").is_none());
    assert_eq!(names(&get(&emulator, "/authorizers/").1), ["c", "b", "a"]);
    assert_eq!(
        names(&get(&emulator, "/authorizers/?status=ACTIVE").1),
        ["c", "b"]
    );
}

#[test]
fn the_default_authorizer_is_set_used_described_and_cleared() {
    let emulator = start();
    let publish = request(
        "POST",
        "/topics/uniqueID/a",
        "token:allow\r\nid:uniqueID\r\n",
    );
    assert_eq!(ask(&emulator, &publish).status, 403);
    let body = json!({"authorizerName": "unsignedAuthorizer"});
    assert_eq!(call(&emulator, "POST", "/default-authorizer", &body).0, 200);
    assert_eq!(call(&emulator, "POST", "/default-authorizer", &body).0, 409);
    assert_eq!(ask(&emulator, &publish).status, 200);
    let (_, response) = get(&emulator, "/default-authorizer");
    assert_eq!(
        response["authorizerDescription"]["authorizerName"],
        "unsignedAuthorizer"
    );
    let idle = json!({"status": "INACTIVE"});
    assert_eq!(
        call(&emulator, "PUT", "/authorizer/unsignedAuthorizer", &idle).0,
        200
    );
    let response = send(
        &emulator,
        "DELETE",
        "/authorizer/unsignedAuthorizer",
        "",
        &sigv4("iot"),
    );
    assert_eq!(response.status, 409);
    assert_eq!(
        field(&response.head, "x-amzn-errortype"),
        Some("DeleteConflictException")
    );
    assert_eq!(
        call(&emulator, "DELETE", "/default-authorizer", &json!({})),
        (200, json!({}))
    );
    assert_eq!(
        call(
            &emulator,
            "DELETE",
            "/authorizer/unsignedAuthorizer",
            &json!({})
        ),
        (200, json!({}))
    );
    assert_eq!(get(&emulator, "/authorizer/unsignedAuthorizer").0, 404);
}

#[test]
fn the_endpoint_is_where_the_https_port_is() {
    let emulator = start();
    let here = format!("localhost:{}", emulator.https_addr().port());
    for target in ["/endpoint", "/endpoint?endpointType=iot%3AData-ATS"] {
        assert_eq!(
            get(&emulator, target),
            (200, json!({"endpointAddress": here}))
        );
    }
}

#[test]
fn a_test_invocation_returns_the_policy_as_text() {
    let emulator = start();
    let body = json!({"httpContext": {"headers": {"ID": "uniqueID", "token": "allow"}, "queryString": "?a=b"}});
    let (status, response) = call(
        &emulator,
        "POST",
        "/authorizer/unsignedAuthorizer/test",
        &body,
    );
    assert_eq!(status, 200);
    assert_eq!(response["isAuthenticated"], true);
    assert_eq!(response["principalId"], "uniqueID");
    assert_eq!(response["refreshAfterInSeconds"], 600);
    assert_eq!(response["disconnectAfterInSeconds"], 3600);
    let document = response["policyDocuments"][0].as_str().unwrap();
    let document: Value = serde_json::from_str(document).unwrap();
    assert_eq!(document["Statement"][0]["Effect"], "Allow");
    let entry = emulator.trace().pop().unwrap();
    assert_eq!(entry.authorizer.as_deref(), Some("unsignedAuthorizer"));
    assert_eq!(entry.invocation.unwrap().function, "customAuthFunc");
}

#[test]
fn what_is_wrong_with_a_test_invocation_is_said_without_its_credentials() {
    let emulator = start();
    let rows = [
        (
            json!({"token": "no-such-token"}),
            "InvalidResponseException",
            "Invalid token",
        ),
        (
            json!({"token": ""}),
            "InvalidRequestException",
            "token has 0 characters",
        ),
        (
            json!({"token": "x".repeat(6145)}),
            "InvalidRequestException",
            "6145 characters",
        ),
        (
            json!({"tokenSignature": "x".repeat(2561)}),
            "InvalidRequestException",
            "2561 characters",
        ),
        (
            json!({"httpContext": {"queryString": "x".repeat(4097)}}),
            "InvalidRequestException",
            "4097 characters",
        ),
        (
            json!({"tlsContext": {"serverName": "x".repeat(254)}}),
            "InvalidRequestException",
            "254",
        ),
        (
            json!({"mqttContext": {"password": "!"}}),
            "InvalidRequestException",
            "base64",
        ),
        (
            json!({"token": 7}),
            "InvalidRequestException",
            "invalid type",
        ),
    ];
    for (body, kind, expected) in rows {
        let target = "/authorizer/unsignedAuthorizer/test";
        let response = send(&emulator, "POST", target, &body.to_string(), &sigv4("iot"));
        assert_eq!(
            (response.status, field(&response.head, "x-amzn-errortype")),
            (400, Some(kind))
        );
        assert!(response.body.contains(expected), "{}", response.body);
        assert!(!response.body.contains("no-such-token"));
    }
}

#[test]
fn a_signed_authorizer_takes_keys_verifies_by_them_and_has_them_replaced() {
    let emulator = start();
    let body = json!({
        "authorizerFunctionArn": FUNCTION, "tokenKeyName": "token", "status": "ACTIVE",
        "tokenSigningPublicKeys": {"first": pem(&KEY)},
    });
    assert_eq!(call(&emulator, "POST", "/authorizer/S", &body).0, 200);
    let publish = |key| {
        let signature = sign(key, "allow");
        let fields = format!(
            "x-amz-customauthorizer-name:S\r\nx-amz-customauthorizer-signature:{signature}\r\ntoken:allow\r\nid:a\r\n"
        );
        ask(&emulator, request("POST", "/topics/a/b", &fields)).status
    };
    assert_eq!((publish(&KEY), publish(&NEXT_KEY)), (200, 403));
    let body = json!({"tokenSigningPublicKeys": {"next": pem(&NEXT_KEY)}});
    assert_eq!(call(&emulator, "PUT", "/authorizer/S", &body).0, 200);
    assert_eq!((publish(&KEY), publish(&NEXT_KEY)), (403, 200));
    let description = get(&emulator, "/authorizer/S").1["authorizerDescription"].clone();
    assert_eq!(
        description["tokenSigningPublicKeys"],
        json!({"next": pem(&NEXT_KEY)})
    );
    let none = json!({"tokenSigningPublicKeys": {}});
    let (status, response) = call(&emulator, "PUT", "/authorizer/S", &none);
    assert_eq!(status, 400);
    let text = response["message"].as_str().unwrap();
    assert!(
        text.contains("keys map for authorizer S cannot be null"),
        "{text}"
    );
}

#[test]
fn a_signed_test_invocation_needs_a_token_and_its_signature() {
    let emulator = start();
    let body = json!({
        "authorizerFunctionArn": FUNCTION, "tokenKeyName": "token", "status": "ACTIVE",
        "tokenSigningPublicKeys": {"first": pem(&KEY)},
    });
    assert_eq!(call(&emulator, "POST", "/authorizer/S", &body).0, 200);
    let right = sign(&KEY, "allow");
    let wrapped = format!("{}\n{}", &right[..76], &right[76..]);
    let other = sign(&NEXT_KEY, "allow");
    let id = json!({"headers": {"id": "a"}});
    let rows = [
        (
            json!({"token": "allow", "tokenSignature": right, "httpContext": id}),
            200,
            "true",
        ),
        (
            json!({"token": "allow", "tokenSignature": wrapped}),
            400,
            "base64 -w0",
        ),
        (
            json!({"token": "allow", "tokenSignature": other}),
            400,
            "does not verify",
        ),
        (json!({"token": "allow"}), 400, "both needed"),
        (json!({"tokenSignature": right}), 400, "both needed"),
    ];
    for (body, status, expected) in rows {
        let (code, response) = call(&emulator, "POST", "/authorizer/S/test", &body);
        assert_eq!(code, status, "{response}");
        assert!(response.to_string().contains(expected), "{response}");
        assert!(!response.to_string().contains(&right));
    }
}

/// As with a live CONNECT, and with a live upgrade to a WebSocket.
#[test]
fn a_test_invocation_finds_the_token_in_an_mqtt_user_name() {
    let (function, seen) = recorder();
    let emulator = LocalIotCore::start(Config {
        authorizers: vec![Authorizer::unsigned("R", "token", function)],
        ..Config::default()
    })
    .unwrap();
    let named = json!({"username": "x?token=of%20mqtt", "clientId": "d"});
    let header = json!({"headers": {"token": "of http"}});
    let rows = [
        (json!({"mqttContext": named}), json!("of mqtt")),
        (
            json!({"mqttContext": named, "httpContext": header}),
            json!("of http"),
        ),
        (
            json!({"mqttContext": named, "httpContext": {"headers": {"a": "b"}}}),
            json!("of mqtt"),
        ),
        (
            json!({"mqttContext": named, "token": "given"}),
            json!("given"),
        ),
        (json!({"mqttContext": {"username": "x"}}), Value::Null),
    ];
    for (body, token) in rows {
        call(&emulator, "POST", "/authorizer/R/test", &body);
        let event = seen.lock().unwrap().pop().unwrap();
        assert_eq!(event["token"], token, "{body}");
    }
}

#[test]
fn an_unauthenticated_device_is_a_response_and_no_error() {
    let emulator = start();
    let body = json!({"token": "allow"});
    assert_eq!(
        call(
            &emulator,
            "POST",
            "/authorizer/unsignedAuthorizer/test",
            &body
        ),
        (200, json!({"isAuthenticated": false}))
    );
}

#[test]
fn a_call_must_look_signed_for_iot() {
    let emulator = start();
    let rows = [
        ("", 403, "MissingAuthenticationTokenException"),
        (
            "authorization:Bearer x\r\n",
            403,
            "MissingAuthenticationTokenException",
        ),
        (
            "authorization:AWS4-HMAC-SHA256 x\r\n",
            400,
            "IncompleteSignatureException",
        ),
        (&sigv4("iotdata"), 403, "InvalidSignatureException"),
    ];
    for (fields, status, kind) in rows {
        let response = send(&emulator, "GET", "/authorizers/", "", fields);
        assert_eq!(
            (response.status, field(&response.head, "x-amzn-errortype")),
            (status, Some(kind))
        );
    }
}

#[test]
fn another_site_s_page_gets_nothing() {
    let emulator = start();
    let foreign = format!("{}origin:https://example.com\r\n", sigv4("iot"));
    assert_eq!(
        send(&emulator, "GET", "/authorizers/", "", &foreign).status,
        403
    );
    let rebound = format!(
        "GET /authorizers/ HTTP/1.1\r\nhost:example.com\r\n{}\r\n",
        sigv4("iot")
    );
    assert_eq!(ask_at(emulator.control_addr(), rebound).status, 403);
}

#[test]
fn an_authorization_is_tested_against_what_the_function_granted_last() {
    let emulator = start();
    let arn = |resource: &str| format!("arn:aws:iot:eu-central-1:123456789012:{resource}");
    let info = |action: &str, resources: &[&str]| {
        let resources: Vec<_> = resources.iter().map(|resource| arn(resource)).collect();
        json!({"actionType": action, "resources": resources})
    };
    let test = |body: &Value| call(&emulator, "POST", "/test-authorization?clientId=c", body);
    let infos = [
        info("PUBLISH", &["topic/uniqueID/a"]),
        info("PUBLISH", &["topic/uniqueID/a", "topic/other"]),
        info("SUBSCRIBE", &["topicfilter/uniqueID/a"]),
        info("CONNECT", &["client/uniqueID"]),
    ];
    let body = json!({"principal": "uniqueID", "authInfos": infos});
    let (status, response) = test(&body);
    assert_eq!(status, 404);
    assert!(
        response["message"]
            .as_str()
            .unwrap()
            .contains("publish once")
    );
    let decisions = || {
        let (status, response) = test(&body);
        assert_eq!(status, 200, "{response}");
        let results = response["authResults"].as_array().unwrap().clone();
        let decisions = results
            .iter()
            .map(|result| result["authDecision"].as_str().unwrap());
        decisions.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        ask(&emulator, publish("/topics/uniqueID/a", "")).status,
        200
    );
    assert_eq!(decisions(), "ALLOWED IMPLICIT_DENY IMPLICIT_DENY ALLOWED");
    let denied = json!({"httpContext": {"headers": {"token": "deny", "id": "uniqueID"}}});
    call(
        &emulator,
        "POST",
        "/authorizer/unsignedAuthorizer/test",
        &denied,
    );
    assert_eq!(
        decisions(),
        "EXPLICIT_DENY EXPLICIT_DENY IMPLICIT_DENY EXPLICIT_DENY"
    );
    let (_, response) = test(&body);
    let first = &response["authResults"][0];
    assert_eq!(first["authInfo"], infos[0]);
    assert_eq!(
        first["denied"]["explicitDeny"]["policies"][0]["policyName"],
        "statement 2 of document 1"
    );

    let one = json!([infos[0]]);
    let rows = [
        (json!({"authInfos": one}), 400, "principal is missing"),
        (
            json!({"principal": arn("cert/x"), "authInfos": one}),
            400,
            "no certificates",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": one, "cognitoIdentityPoolId": "x"}),
            400,
            "no identity pools",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": one, "policyNamesToAdd": ["p"]}),
            400,
            "no policies with names",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": []}),
            400,
            "1 to 10",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": [info("DELETE", &["topic/a"])]}),
            400,
            "actionType",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": [{"actionType": "PUBLISH", "resources": ["a"]}]}),
            400,
            "is no ARN",
        ),
        (
            json!({"principal": "uniqueID", "authInfos": [{"actionType": "PUBLISH", "resources": []}]}),
            400,
            "resources is empty",
        ),
    ];
    for (body, status, expected) in rows {
        let (found, response) = test(&body);
        let message = response["message"].as_str().unwrap();
        assert_eq!(found, status, "{message}");
        assert!(message.contains(expected), "{message}");
    }
}
