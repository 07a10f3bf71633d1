#include "fs/turn.h"

#include <sys/socket.h>

#include "fs/worker.h"

int turn_wait(void)
{
	char word = WORKER_READY;
	ssize_t size;

	if (send(WORKER_CONTROL, &word, 1, MSG_NOSIGNAL) != 1)
		return -errno;
	do
		size = recv(WORKER_CONTROL, &word, 1, 0);
	while (size < 0 && errno == EINTR);
	return size == 1 && word == WORKER_GO ? 0 : -ECANCELED;
}
