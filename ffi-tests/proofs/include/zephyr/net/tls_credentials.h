// See kernel.h.
typedef int sec_tag_t;
