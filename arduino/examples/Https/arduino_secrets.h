// Yours, for each device: never in version control.
#define SECRET_SSID "network"
#define SECRET_PASSWORD "password"
#define SECRET_TOKEN "allow"

#define ENDPOINT "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"
#define AUTHORIZER "unsignedAuthorizer"
#define DEVICE_ID "uniqueID"

// The text of AmazonRootCA1.pem, from https://www.amazontrust.com/repository/
#define AMAZON_ROOT_CA "-----BEGIN CERTIFICATE-----\n...\n-----END CERTIFICATE-----\n"
