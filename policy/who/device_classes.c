#include "policy/who/device_classes.h"

#include <stdlib.h>

#include "config/base/err.h"
#include "policy/state/seqlock.h"
#include "policy/who/devices.h"

/* A class is never taken away: it may come back, and there are few. */
enum { CLASSES_MOST = 1 << 16, PAGE = 256, PAGES = CLASSES_MOST / PAGE, PLACES = 2 * CLASSES_MOST };

struct class
{
    uint32_t profile, group, flags;
};

struct device_classes {
    struct class *pages[PAGES]; /* never moved: readers hold on to nothing */
    uint32_t count;
    uint32_t *places; /* open addressing: number + 1; the writer's */
};

struct device_classes *device_classes_create(struct err *err)
{
    struct device_classes *classes = calloc(1, sizeof *classes);

    if (classes != NULL)
        classes->places = calloc(PLACES, sizeof *classes->places);
    if (classes != NULL && classes->places != NULL)
        return classes;
    err_set(err, ERR_MEMORY, "out of memory for the devices");
    device_classes_free(classes);
    return NULL;
}

void device_classes_free(struct device_classes *classes)
{
    if (classes == NULL)
        return;
    for (size_t i = 0; i < PAGES; i++)
        free(classes->pages[i]);
    free(classes->places);
    free(classes);
}

static struct class *class_at(const struct device_classes *classes, uint32_t number)
{
    return &classes->pages[number / PAGE][number % PAGE];
}

static bool is_of(const struct class *class, const struct device *device)
{
    return class->profile == device->profile && class->group == device->group &&
           class->flags == device->flags;
}

static long add(struct device_classes *classes, uint32_t *place, const struct device *device,
                struct err *err)
{
    uint32_t number = classes->count;
    struct class *page;

    if (number == CLASSES_MOST)
        return err_set(err, ERR_LIMIT, "devices differ in more than %d ways", CLASSES_MOST);
    if (classes->pages[number / PAGE] == NULL) {
        page = calloc(PAGE, sizeof *page);
        if (page == NULL)
            return err_set(err, ERR_MEMORY, "out of memory for the devices");
        SEQLOCK_STORE(classes->pages[number / PAGE], page);
    }
    SEQLOCK_STORE(class_at(classes, number)->profile, device->profile);
    SEQLOCK_STORE(class_at(classes, number)->group, device->group);
    SEQLOCK_STORE(class_at(classes, number)->flags, device->flags);
    classes->count++;
    *place = classes->count;
    return (long)number;
}

long device_classes_number(struct device_classes *classes, const struct device *device,
                           struct err *err)
{
    uint32_t mixed = (device->profile * 31 + device->group) * 31 + device->flags;
    uint32_t at = mixed * 2654435761u >> 15;

    for (;; at++) {
        uint32_t *place = &classes->places[at % PLACES];

        if (*place == 0)
            return add(classes, place, device, err);
        if (is_of(class_at(classes, *place - 1), device))
            return (long)*place - 1;
    }
}

void device_classes_fill(const struct device_classes *classes, uint16_t number,
                         struct device *device)
{
    const struct class *page = SEQLOCK_LOAD(classes->pages[number / PAGE]);

    if (page == NULL) /* NUMBER is of a read that is done again */
        return;
    device->profile = SEQLOCK_LOAD(page[number % PAGE].profile);
    device->group = SEQLOCK_LOAD(page[number % PAGE].group);
    device->flags = SEQLOCK_LOAD(page[number % PAGE].flags);
}

size_t device_classes_octets(const struct device_classes *classes)
{
    size_t pages = (classes->count + PAGE - 1) / PAGE;

    return sizeof *classes + PLACES * sizeof *classes->places + pages * PAGE * sizeof(struct class);
}
