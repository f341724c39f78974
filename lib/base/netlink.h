/* Netlink: a socket to the kernel, and the messages that go over it (netlink(7), RFC 3549).
 *
 * The only place that includes libmnl. Anything sent or received can hold keys, so the
 * buffers are wiped after use. Functions that talk to the kernel return 0 or a negative
 * errno, because callers tell the kernel's refusals apart by it; wgctl_netlink_fail() turns
 * one into an error. A socket belongs to one thread.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct wgctl_netlink;

/* Opens a socket for `protocol`: NETLINK_ROUTE, NETLINK_GENERIC or NETLINK_NETFILTER. The
 * caller closes *ret. Fails with the status that fits the errno of socket(2) or bind(2). */
int wgctl_netlink_open(int protocol, struct wgctl_netlink **ret, struct wgctl_error *err);
/* Wipes, closes and frees, and sets the pointer to NULL. Does nothing if it is NULL already. */
void wgctl_netlink_close(struct wgctl_netlink **netlink);
#define WGCTL_NETLINK __attribute__((cleanup(wgctl_netlink_close))) struct wgctl_netlink

/* ---- building a message ---- */

/* Smaller than the messages of wg(8): the kernel would hold its locks longer for a bigger
 * one, and nothing is gained. An attribute that does not fit sets `full` and changes nothing
 * else. */
enum { WGCTL_NETLINK_MESSAGE_SIZE = 4000 };
struct wgctl_netlink_message {
    bool full;
    _Alignas(8) char buffer[WGCTL_NETLINK_MESSAGE_SIZE];
};

/* Starts a message. Returns the protocol's own header, `header_size` zero bytes that the
 * caller fills in; it lives in `message`. NLM_F_REQUEST is always set. Pass NLM_F_ACK or
 * NLM_F_DUMP in `flags`: without one of them the kernel never ends the answer. */
void *wgctl_netlink_begin(struct wgctl_netlink_message *message, uint16_t type, uint16_t flags,
                          size_t header_size);
/* Starts a message for the generic netlink family with the number `family`. */
void wgctl_netlink_begin_generic(struct wgctl_netlink_message *message, uint16_t family,
                                 uint8_t command, uint8_t version, uint16_t flags);
/* Starts a request for all objects of nftables, of every family: NFT_MSG_GETTABLE,
 * NFT_MSG_GETCHAIN … (linux/netfilter/nf_tables.h). */
void wgctl_netlink_begin_nftables(struct wgctl_netlink_message *message, uint8_t type);
/* Each appends an attribute. Numbers are in host byte order; a string keeps its NUL. */
void wgctl_netlink_put(struct wgctl_netlink_message *message, uint16_t type, const void *data,
                       size_t size);
void wgctl_netlink_put_u8(struct wgctl_netlink_message *message, uint16_t type, uint8_t value);
void wgctl_netlink_put_u16(struct wgctl_netlink_message *message, uint16_t type, uint16_t value);
void wgctl_netlink_put_u32(struct wgctl_netlink_message *message, uint16_t type, uint32_t value);
void wgctl_netlink_put_string(struct wgctl_netlink_message *message, uint16_t type,
                              const char *string);
/* Opens a nest: attributes put before wgctl_netlink_nest_end() go inside it. Returns NULL if
 * it does not fit; ending NULL does nothing. */
struct nlattr *wgctl_netlink_nest(struct wgctl_netlink_message *message, uint16_t type);
void wgctl_netlink_nest_end(struct wgctl_netlink_message *message, struct nlattr *nest);
/* The message's size so far, in bytes. */
size_t wgctl_netlink_size(const struct wgctl_netlink_message *message);
/* Cuts the message back to an earlier size: wipes what was put since, and clears `full`. */
void wgctl_netlink_rewind(struct wgctl_netlink_message *message, size_t size);
/* Wipes the message. */
void wgctl_netlink_message_clear(struct wgctl_netlink_message *message);

/* ---- talking to the kernel ---- */

/* Called for each message of an answer; `header` is valid during the call. Returning
 * anything but 0, which has to be a negative errno, ends the exchange with that. */
typedef int (*wgctl_netlink_callback)(const struct nlmsghdr *header, void *context);

/* Sends `message` and reads the answer to its end; what anyone but the kernel sends is
 * ignored. `callback` may be NULL. Returns 0, the kernel's refusal as a negative errno, -EBADMSG
 * for a malformed answer, or -EINTR if a change interrupted a dump, which then has to be repeated
 * from the start. */
int wgctl_netlink_talk(struct wgctl_netlink *netlink, struct wgctl_netlink_message *message,
                       wgctl_netlink_callback callback, void *context);

/* Sends a request with NLM_F_DUMP and reads the answer, repeating both while changes
 * interrupt it, 16 times at most (then -EINTR). `restart` runs before each try, with
 * `context`: it forgets what an interrupted try collected. Returns as wgctl_netlink_talk(). */
int wgctl_netlink_dump(struct wgctl_netlink *netlink, struct wgctl_netlink_message *message,
                       void (*restart)(void *context), wgctl_netlink_callback callback,
                       void *context);

/* What the kernel said about its last refusal besides the errno (NETLINK_EXT_ACK), or "".
 * Valid until the next exchange. */
const char *wgctl_netlink_reason(const struct wgctl_netlink *netlink);
/* wgctl_fail_errno() for the result of an exchange, with the kernel's reason added. */
int wgctl_netlink_fail(struct wgctl_netlink *netlink, int negative_errno, struct wgctl_error *err,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Looks up the number of a generic netlink family; -ENOENT if the kernel does not have it. */
int wgctl_netlink_family(struct wgctl_netlink *netlink, const char *name, uint16_t *ret);

/* ---- reading a message ---- */

/* The attributes that follow a message's headers, `*ret_size` bytes; they live in it. */
const void *wgctl_netlink_payload(const struct nlmsghdr *header, size_t header_size,
                                  size_t *ret_size);
/* Sorts attributes by type into `table`, which has max + 1 places: NULL for a type that is
 * missing, the last one if there are several. Types above `max` are skipped. */
void wgctl_attributes_sort(const void *attributes, size_t size, const struct nlattr **table,
                           uint16_t max);
/* The attribute after `cursor`, or the first if that is NULL. Returns NULL after the last
 * one, and at one that claims to be longer than what is there. */
const struct nlattr *wgctl_attributes_next(const void *attributes, size_t size,
                                           const struct nlattr *cursor);
/* The value of an attribute, which is not NULL, and its size in bytes. */
const void *wgctl_attribute_data(const struct nlattr *attribute);
size_t wgctl_attribute_size(const struct nlattr *attribute);
/* The value as a number in host byte order, or as a string; 0 or "" if the attribute is
 * NULL, has another size, or is a string without its NUL. */
uint32_t wgctl_attribute_u32(const struct nlattr *attribute);
uint16_t wgctl_attribute_u16(const struct nlattr *attribute);
uint64_t wgctl_attribute_u64(const struct nlattr *attribute);
const char *wgctl_attribute_string(const struct nlattr *attribute);
