// Yours, for each device: never in version control. These are the local emulator's.
#define SECRET_TOKEN "allow"

#define ENDPOINT "a1b2c3d4e5f6g7-ats.iot.eu-central-1.amazonaws.com"
#define AUTHORIZER "unsignedAuthorizer"
#define DEVICE_ID "uniqueID"
