"""One device of AWS's own SDK: connects with custom authentication, publishes to a topic and subscribes to it, and prints what came of each.

usage: device.py 3|5|3-websockets|5-websockets PORT CA TOKEN TOPIC
"""

import concurrent.futures
import sys
import threading

from awscrt import mqtt, mqtt5
from awsiot import mqtt5_client_builder, mqtt_connection_builder

version, port, ca, token, topic = sys.argv[1:]
websockets = version.endswith("-websockets")
TIMEOUT = 60
common = {
    "endpoint": "localhost",
    "port": int(port),
    "ca_filepath": ca,
    "client_id": "uniqueID",
    "auth_username": "a name",
    "auth_authorizer_name": "unsignedAuthorizer",
    "auth_token_key_name": "token",
    "auth_token_value": token,
    "auth_password": "p",
}


def result(what, future):
    try:
        print(what, future.result(TIMEOUT))
        return True
    except concurrent.futures.TimeoutError:
        print(what, "nothing in time")
    except Exception as error:
        print(what, "failed:", error)
    return False


def with_mqtt3():
    arrived, ended = concurrent.futures.Future(), threading.Event()
    builder = mqtt_connection_builder
    build = builder.websockets_with_custom_authorizer if websockets else builder.direct_with_custom_authorizer
    connection = build(
        clean_session=True, on_connection_interrupted=lambda **_: ended.set(), **common
    )
    # The builder insists on 443, where AWS listens.
    connection.port = int(port)
    if not result("connected", connection.connect()):
        return
    subscribed, _ = connection.subscribe(
        topic, mqtt.QoS.AT_LEAST_ONCE, lambda topic, payload, **_: arrived.set_result(payload)
    )
    if result("subscribed", subscribed):
        published, _ = connection.publish(topic, "hello", mqtt.QoS.AT_LEAST_ONCE)
        result("published", published)
        result("received", arrived)
    if token == "Allow":
        # Its session is short.
        print("ended", ended.wait(TIMEOUT))
    connection.disconnect()


def with_mqtt5():
    connected, arrived, ended = (concurrent.futures.Future() for _ in range(3))

    def once(future, value):
        if not future.done():
            future.set_result(value)

    builder = mqtt5_client_builder
    build = builder.websockets_with_custom_authorizer if websockets else builder.direct_with_custom_authorizer
    client = build(
        on_lifecycle_connection_success=lambda data: once(connected, "yes"),
        on_lifecycle_connection_failure=lambda data: once(
            connected, f"no: {data.connack_packet.reason_code!r}" if data.connack_packet else f"no: {data.exception}"
        ),
        on_lifecycle_disconnection=lambda data: once(
            ended, data.disconnect_packet.reason_code if data.disconnect_packet else data.exception
        ),
        on_publish_received=lambda data: once(arrived, data.publish_packet.payload),
        **common,
    )
    client.start()
    if result("connected", connected) and connected.result() == "yes":
        subscription = mqtt5.Subscription(topic_filter=topic, qos=mqtt5.QoS.AT_LEAST_ONCE)
        subscribed = client.subscribe(mqtt5.SubscribePacket(subscriptions=[subscription]))
        if result("subscribed", subscribed):
            print("codes", subscribed.result().reason_codes)
        packet = mqtt5.PublishPacket(topic=topic, payload="hello", qos=mqtt5.QoS.AT_LEAST_ONCE)
        published = client.publish(packet)
        if result("published", published):
            print("code", repr(published.result().puback.reason_code))
        if topic.startswith("uniqueID/"):
            result("received", arrived)
        if token == "Allow":
            result("ended", ended)
    client.stop()


with_mqtt3() if version.startswith("3") else with_mqtt5()
