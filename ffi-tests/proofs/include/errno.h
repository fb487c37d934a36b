#ifndef PROOF_ERRNO_H
#define PROOF_ERRNO_H

extern int proof_errno;
#define errno proof_errno
#define EAGAIN 11
#define EWOULDBLOCK 11
#define ENOMEM 12
#define EFAULT 14
#define EHOSTUNREACH 113

#endif
