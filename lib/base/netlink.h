/* Netlink: one socket to the kernel, and messages for it.
 *
 * The only place that knows libmnl. Everything sent and received may hold keys,
 * so the buffers are wiped after use.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct wgctl_netlink;

/* Opens a socket for `protocol`: NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_NETFILTER. */
int wgctl_netlink_open(int protocol, struct wgctl_netlink **ret, struct wgctl_error *err);
/* Wipes and frees; sets the pointer to NULL. */
void wgctl_netlink_close(struct wgctl_netlink **netlink);
#define WGCTL_NETLINK __attribute__((cleanup(wgctl_netlink_close))) struct wgctl_netlink

/* A message being built, a little smaller than those of wg(8). Bigger ones would hold the
 * kernel's locks longer and gain nothing; what does not fit sets `full`, and changes
 * nothing else. */
enum { WGCTL_NETLINK_MESSAGE_SIZE = 4000 };
struct wgctl_netlink_message {
    bool full;
    _Alignas(8) char buffer[WGCTL_NETLINK_MESSAGE_SIZE];
};

/* Begins a message; returns the room for the protocol's own header of
 * `header_size` bytes, all zero. NLM_F_REQUEST is always set; give NLM_F_ACK or
 * NLM_F_DUMP, one of which ends the exchange. */
void *wgctl_netlink_begin(struct wgctl_netlink_message *message, uint16_t type, uint16_t flags,
                          size_t header_size);
/* Begins a message of a generic netlink family. */
void wgctl_netlink_begin_generic(struct wgctl_netlink_message *message, uint16_t family,
                                 uint8_t command, uint8_t version, uint16_t flags);
void wgctl_netlink_put(struct wgctl_netlink_message *message, uint16_t type, const void *data,
                       size_t size);
void wgctl_netlink_put_u8(struct wgctl_netlink_message *message, uint16_t type, uint8_t value);
void wgctl_netlink_put_u16(struct wgctl_netlink_message *message, uint16_t type, uint16_t value);
void wgctl_netlink_put_u32(struct wgctl_netlink_message *message, uint16_t type, uint32_t value);
void wgctl_netlink_put_string(struct wgctl_netlink_message *message, uint16_t type,
                              const char *string);
/* A nest holds attributes: everything put until wgctl_netlink_nest_end(). NULL
 * where it does not fit; ending that does nothing. */
struct nlattr *wgctl_netlink_nest(struct wgctl_netlink_message *message, uint16_t type);
void wgctl_netlink_nest_end(struct wgctl_netlink_message *message, struct nlattr *nest);
/* Its size so far; and back to such a size: what was put since is wiped, `full` is cleared. */
size_t wgctl_netlink_size(const struct wgctl_netlink_message *message);
void wgctl_netlink_rewind(struct wgctl_netlink_message *message, size_t size);
void wgctl_netlink_message_clear(struct wgctl_netlink_message *message);

/* Called for every message of an answer; anything but 0, a negative errno, ends
 * the exchange with that. */
typedef int (*wgctl_netlink_callback)(const struct nlmsghdr *header, void *context);

/* Sends the message and takes the answer to its end. `callback` may be NULL.
 * Returns 0 or a negative errno: the kernel's own refusal, or -EINTR where a dump
 * was interrupted by a change and has to be repeated from the start. */
int wgctl_netlink_talk(struct wgctl_netlink *netlink, struct wgctl_netlink_message *message,
                       wgctl_netlink_callback callback, void *context);
/* What the kernel said about its last refusal beyond the errno; "" where nothing. */
const char *wgctl_netlink_reason(const struct wgctl_netlink *netlink);
/* wgctl_fail_errno() for what wgctl_netlink_talk() returned, with the kernel's reason. */
int wgctl_netlink_fail(struct wgctl_netlink *netlink, int negative_errno, struct wgctl_error *err,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The number of a generic netlink family; -ENOENT where the kernel does not have it. */
int wgctl_netlink_family(struct wgctl_netlink *netlink, const char *name, uint16_t *ret);

/* The attributes of a message after its headers. */
const void *wgctl_netlink_payload(const struct nlmsghdr *header, size_t header_size,
                                  size_t *ret_size);
/* Sorts attributes by type into `table[0..max]`, NULL where there is none; what is
 * above `max` is passed over. */
void wgctl_attributes_sort(const void *attributes, size_t size, const struct nlattr **table,
                           uint16_t max);
/* Walks attributes: *cursor starts as NULL; returns NULL after the last. */
const struct nlattr *wgctl_attributes_next(const void *attributes, size_t size,
                                           const struct nlattr *cursor);
const void *wgctl_attribute_data(const struct nlattr *attribute);
size_t wgctl_attribute_size(const struct nlattr *attribute);
/* The value of an integer or a string attribute; 0 or "" where the attribute is
 * NULL or has another size. */
uint32_t wgctl_attribute_u32(const struct nlattr *attribute);
uint16_t wgctl_attribute_u16(const struct nlattr *attribute);
uint64_t wgctl_attribute_u64(const struct nlattr *attribute);
const char *wgctl_attribute_string(const struct nlattr *attribute);
