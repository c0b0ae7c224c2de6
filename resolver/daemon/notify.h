/* notify.h - the service manager's notification protocol (sd_notify(3)), spoken by hand: one
 * datagram of VARIABLE=value lines to $NOTIFY_SOCKET. Without that variable nothing happens. */
#ifndef RESOLVER_DAEMON_NOTIFY_H
#define RESOLVER_DAEMON_NOTIFY_H

/* Tells that the service is up (again, after a reload); STATUS is one line for a person. */
void notify_ready(const char *status);

/* Tells that a reload has begun, with the time that Type=notify-reload asks for. */
void notify_reloading(void);

/* Tells that the service is going down. */
void notify_stopping(void);

#endif
