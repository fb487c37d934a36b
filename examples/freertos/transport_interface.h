// For a project without coreHTTP and coreMQTT: the same interface as in theirs, under the same name and include guard.
// In one that has either, leave this file out.
#ifndef TRANSPORT_INTERFACE_H_
#define TRANSPORT_INTERFACE_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The application's: whatever its transport has to know of a connection.
struct NetworkContext;
typedef struct NetworkContext NetworkContext_t;

typedef struct TransportOutVector {
    const void *iov_base;
    size_t iov_len;
} TransportOutVector_t;

// Each returns how many bytes it moved; 0 for none now, call again; a negative number for an error.
typedef int32_t (*TransportRecv_t)(NetworkContext_t *pNetworkContext, void *pBuffer, size_t bytesToRecv);
typedef int32_t (*TransportSend_t)(NetworkContext_t *pNetworkContext, const void *pBuffer, size_t bytesToSend);
typedef int32_t (*TransportWritev_t)(NetworkContext_t *pNetworkContext, TransportOutVector_t *pIoVec, size_t ioVecCount);

typedef struct TransportInterface {
    TransportRecv_t recv;
    TransportSend_t send;
    TransportWritev_t writev; // optional
    NetworkContext_t *pNetworkContext;
} TransportInterface_t;

#ifdef __cplusplus
}
#endif

#endif
