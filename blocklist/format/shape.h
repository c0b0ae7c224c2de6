/* shape.h - what a line evidently is, whatever the format: page rules, directives of other formats,
 * hosts lines. */
#ifndef BLOCKLIST_FORMAT_SHAPE_H
#define BLOCKLIST_FORMAT_SHAPE_H

#include <stdbool.h>

#include "blocklist/format/field.h"

/* Tells whether FIELD holds a mark of a page rule: `##`, `#@#`, `#?#`, `#$#`, `#%#`, `#$?#`, each
 * also with `@`, and `$$`, `$@$`. Such rules hide parts of pages and say nothing to DNS. */
bool shape_page_rule(struct field field);

/* Tells whether FIELD begins as no line of a list of names does: a remark or header of AdBlock, RPZ
 * or C. */
bool shape_foreign(struct field field);

/* Tells whether FIELD is an address as hosts files have it: a scope and the old form `0` allowed.
 */
bool shape_hosts_address(struct field field);

/* Tells whether such an address is a sinkhole: 0.0.0.0, 127.0.0.1, ::, ::1 in any spelling, or 0.
 */
bool shape_sinkhole(struct field field);

/* Tells whether it is such an address and not `0`: what filters answer where they block. */
bool shape_null(struct field field);

/* Tells whether WORD is an address or a range of them. */
bool shape_range(struct field word);

/* Tells whether FIELD could be a bare name: host octets or letters beyond ASCII, a dot inside. */
bool shape_name(struct field field);

#endif
