// See kernel.h.
#define DNS_EAI_MEMORY (-10)
