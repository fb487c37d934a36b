#ifndef STDLIB_H
#define STDLIB_H

void exit(int code);
void abort(void);

#endif
