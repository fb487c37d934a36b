use ::motepost::{CustomAuthorizer, Publish, QoS, ResponseReader};

use crate::article::{AUTHORIZER, Answer, HOST, ID, PAYLOAD, Parsed, Request, TOKEN, TOPIC};

pub(crate) fn build(buffer: &mut Request) -> usize {
    let reading = Publish::new(HOST, TOPIC, PAYLOAD)
        .qos(QoS::AtLeastOnce)
        .authorizer(CustomAuthorizer::named(AUTHORIZER).token("token", TOKEN))
        .headers(&[("id", ID)]);
    reading.encode(buffer).map_or(0, <[u8]>::len)
}

pub(crate) fn parse(answer: &mut Answer) -> Parsed {
    let mut reader = ResponseReader::new();
    let len = answer.len();
    let whole = reader.received(answer, len);
    assert!(whole.is_ok());
    reader
        .into_response(answer)
        .map(|response| Parsed {
            status: response.status(),
            body_len: response.body().len(),
        })
        .expect("the answer is whole")
}
