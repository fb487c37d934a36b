// What one device is and proves itself with. Yours is written for each device, outside of version control, and
// named in `MOTEPOST_DEVICE`.
Device {
    endpoint: "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com",
    id: "uniqueID",
    topic: "uniqueID/status",
    authorizer: "unsignedAuthorizer",
    proof: Proof::Token("allow"),
}
