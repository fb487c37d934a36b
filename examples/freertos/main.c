// Publishes one reading, in the clear or over TLS, and reports what it took.
//
// The emulator's exit status: 0 accepted, 1 refused, 2 no connection or no trust in the server, 3 no whole answer; board.h
// has those of a firmware that could not end by itself.
#include "FreeRTOS.h"
#include "board.h"
#include "credentials.h" // written for each device: never in version control
#include "ethernet.h"
#include "lwip/opt.h"
#include "network.h"
#include "publish.h"
#include "task.h"
#include "transport_mbedtls.h"
#include "transport_plaintext.h"

enum { ACCEPTED, REFUSED, NO_CONNECTION, NO_ANSWER };

// What tells the time. A gate's device may have one of its own, to show that a wrong one is noticed.
#ifndef CLOCK
#define CLOCK board_time
#endif

// Words of the publishing task's stack, on which the server's certificate is checked as well.
#ifdef CA
enum { STACK_WORDS = 1024 };
#else
enum { STACK_WORDS = 384 };
#endif

static NetworkContext_t network;
static const char *outcome = "no_network";
static int32_t status;
static uint32_t complaint;
static motepost_response_t response;

// The only lines that differ between the two transports.
#ifdef CA
static int32_t connect_to_endpoint(void) {
    static struct tls_session tls;
    int32_t connected;
    network.tls = &tls;
    connected = tls_connect(&network, ADDRESS, PORT, ENDPOINT, CA, CLOCK, pdMS_TO_TICKS(20000));
    complaint = tls_complaint(&network);
    return connected;
}
static const TransportInterface_t transport = {tls_recv, tls_send, NULL, &network};
#define DISCONNECT tls_disconnect
#else
static int32_t connect_to_endpoint(void) {
    return plaintext_connect(&network, ADDRESS, PORT);
}
static const TransportInterface_t transport = {plaintext_recv, plaintext_send, NULL, &network};
#define DISCONNECT plaintext_disconnect
#endif

static int publish(void) {
    if (network_start(pdMS_TO_TICKS(20000)) == pdFALSE) {
        return NO_CONNECTION;
    }
    outcome = "no_connection";
    status = connect_to_endpoint();
    if (status != 0) {
        DISCONNECT(&network);
        return NO_CONNECTION;
    }
    outcome = "no_answer";
    status = publish_reading(&transport, &response);
    DISCONNECT(&network);
    if (status != MOTEPOST_OK) {
        return NO_ANSWER;
    }
    outcome = response.verdict == MOTEPOST_ACCEPTED ? "accepted" : "refused";
    return response.verdict == MOTEPOST_ACCEPTED ? ACCEPTED : REFUSED;
}

// Without printf, which brings a heap of its own along.
static void report(const char *name, int32_t number) {
    char text[12];
    char *at = text + sizeof text - 1;
    uint32_t rest = number < 0 ? -(uint32_t)number : (uint32_t)number;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    board_report(" ");
    board_report(name);
    board_report(number < 0 ? "=-" : "=");
    board_report(at);
}

// How many of its `size` bytes of stack a task has used at most.
static void report_stack(const char *name, TaskHandle_t task, size_t size) {
    report(name, (int32_t)(size - uxTaskGetStackHighWaterMark(task) * sizeof(StackType_t)));
}

static void publisher(void *nothing) {
    (void)nothing;
    const int exit_status = publish();
    // Taken before the report, which is no part of a publish.
    const UBaseType_t left = uxTaskGetStackHighWaterMark(NULL);
    board_report("motepost: outcome=");
    board_report(outcome);
    report("http", response.status);
    report("status", status);
    report("certificate", (int32_t)complaint);
    report("stack_publisher", (int32_t)((STACK_WORDS - left) * sizeof(StackType_t)));
    report_stack("stack_tcpip", xTaskGetHandle(TCPIP_THREAD_NAME), TCPIP_THREAD_STACKSIZE);
    report_stack("stack_ethernet", xTaskGetHandle("ethernet"), ETHERNET_STACK_WORDS * sizeof(StackType_t));
    report("heap", (int32_t)(configTOTAL_HEAP_SIZE - xPortGetMinimumEverFreeHeapSize()));
#ifdef CA
    report("heap_tls", (int32_t)tls_heap_most);
#endif
    board_report("\n");
    board_end(exit_status);
}

int main(void) {
    if (xTaskCreate(publisher, "publisher", STACK_WORDS, NULL, 1, NULL) != pdPASS) {
        board_end(BOARD_NO_MEMORY);
    }
    vTaskStartScheduler();
    return 0;
}
