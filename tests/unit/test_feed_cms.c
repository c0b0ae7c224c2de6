/* Signatures of CMS made by the real tool, and each kind that is not taken; the time that is
 * signed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/cms.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "blocklist/feed/list_signature.h"
#include "blocklist/feed/signature_cms.h"
#include "config/base/err.h"
#include "tests/unit/cms_sample.h"
#include "tests/unit/signature_sample.h"

enum { NOW_S = CMS_SIGNED_S + 3600 };

static int file_of(const char *text)
{
    int fd = memfd_create("list", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    return fd;
}

/* A file with TEXT in it; the caller removes and frees. */
static char *path_of(const char *text)
{
    char *path = strdup("/tmp/test_feed_cms.XXXXXX");
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static int judge_octets(const char *certificate, const char *signature, size_t length,
                        const char *body, int64_t now_s, int64_t *signed_s, struct err *err)
{
    char *path = path_of(certificate);
    int fd = file_of(body), result;

    *signed_s = -1;
    result = signature_cms_check(path, signature, length, fd, now_s, signed_s, err);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), (off_t)strlen(body)); /* as it was */
    close(fd);
    unlink(path);
    free(path);
    return result;
}

static int judge(const char *certificate, const char *signature, const char *body, int64_t now_s,
                 struct err *err)
{
    int64_t signed_s;
    int result =
        judge_octets(certificate, signature, strlen(signature), body, now_s, &signed_s, err);

    if (result == 0)
        assert_in_range(signed_s, CMS_SIGNED_S, CMS_SIGNED_S + 1); /* as the sample was made */
    else
        assert_int_equal(signed_s, -1);
    return result;
}

static void refuses(const char *certificate, const char *signature, const char *body, int64_t now_s,
                    enum err_code code, const char *words)
{
    struct err err;

    assert_int_equal(judge(certificate, signature, body, now_s, &err), -1);
    if (strstr(err.text, words) == NULL)
        fail_msg("said '%s', wanted '%s'", err.text, words);
    assert_int_equal(err.code, code);
}

static void the_publishers_own_is_good(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(judge(CMS_OWN, CMS_FITS, SAMPLE_BODY, NOW_S, &err), 0);
    assert_int_equal(judge(CMS_OWN, CMS_CARRIES, SAMPLE_BODY, NOW_S, &err), 0);
    assert_int_equal(judge(CMS_OWN, CMS_FITS, SAMPLE_BODY, CMS_ENDS_S, &err), 0);
}

static void another_body_is_not(void **state)
{
    static const char *const bodies[] = {SAMPLE_BODY "x", "", "one.exampl\n"};

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        refuses(CMS_OWN, CMS_FITS, bodies[i], NOW_S, ERR_DIGEST, "does not fit the list");
}

/* What a signature brings with it is nobody's word. */
static void another_signer_is_told_from_another_body(void **state)
{
    (void)state;
    refuses(CMS_OWN, CMS_BY_OTHER, SAMPLE_BODY, NOW_S, ERR_DIGEST, "signed by another certificate");
    refuses(CMS_OTHER, CMS_FITS, SAMPLE_BODY, NOW_S, ERR_DIGEST, "signed by another certificate");
    refuses(CMS_OWN, CMS_BY_TWIN, SAMPLE_BODY, NOW_S, ERR_DIGEST, "does not fit the list");
    refuses(CMS_TWIN, CMS_CARRIES, SAMPLE_BODY, NOW_S, ERR_DIGEST, "does not fit the list");
}

static void only_one_kind_of_signature_is_taken(void **state)
{
    (void)state;
    refuses(CMS_OWN, CMS_WEAK, SAMPLE_BODY, NOW_S, ERR_FORMAT, "a digest that is not taken");
    refuses(CMS_OWN, CMS_BARE, SAMPLE_BODY, NOW_S, ERR_FORMAT, "no signed attributes");
    refuses(CMS_OWN, CMS_BRINGS, SAMPLE_BODY, NOW_S, ERR_FORMAT, "must be detached");
    refuses(CMS_OWN, CMS_TWO, SAMPLE_BODY, NOW_S, ERR_FORMAT, "by one signer");
    refuses(CMS_OWN, CMS_DIGEST, SAMPLE_BODY, NOW_S, ERR_FORMAT, "by one signer");
    refuses(CMS_OWN, CMS_OWN, SAMPLE_BODY, NOW_S, ERR_FORMAT, "not a signature of CMS");
    refuses(CMS_OWN, SAMPLE_PREHASHED, SAMPLE_BODY, NOW_S, ERR_FORMAT, "not a signature of CMS");
    refuses(CMS_OWN, "", SAMPLE_BODY, NOW_S, ERR_FORMAT, "not a signature of CMS");
}

static void a_certificate_has_its_time_and_its_use(void **state)
{
    (void)state;
    refuses(CMS_OWN, CMS_FITS, SAMPLE_BODY, CMS_ENDS_S + 1, ERR_REFUSED, "has expired");
    refuses(CMS_OWN, CMS_FITS, SAMPLE_BODY, CMS_SIGNED_S - 3600, ERR_REFUSED, "not yet valid");
    refuses(CMS_SEALER, CMS_FITS, SAMPLE_BODY, NOW_S, ERR_CONFIG, "not one to sign with");
    refuses("nothing", CMS_FITS, SAMPLE_BODY, NOW_S, ERR_CONFIG, "no certificate in PEM");
    refuses("-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
            "00112233445566778899AABBCCDDEEFF\n\nAAAAAAAAAAAAAAAAAAAAAA==\n"
            "-----END CERTIFICATE-----\n",
            CMS_FITS, SAMPLE_BODY, NOW_S, ERR_CONFIG, "no certificate in PEM");
}

static void a_missing_certificate_is_named(void **state)
{
    struct err err;

    (void)state;
    assert_int_equal(signature_cms_certificate("/nowhere/c.pem", NOW_S, &err), -1);
    assert_string_equal(err.text, "/nowhere/c.pem: cannot read the signer's certificate");
    assert_int_equal(signature_cms_certificate(NULL, NOW_S, &err), -1);
    assert_int_equal(err.code, ERR_CONFIG);
}

/* Returns the DER of PEM; the caller frees. */
static uint8_t *der_of(const char *pem, size_t *length)
{
    BIO *in = BIO_new_mem_buf(pem, -1);
    CMS_ContentInfo *cms = PEM_read_bio_CMS(in, NULL, NULL, NULL);
    uint8_t *der = NULL;
    int got = i2d_CMS_ContentInfo(cms, &der);

    assert_true(got > 0);
    *length = (size_t)got;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return der;
}

/* Of the octets of DER each but those that say how long integers of the version are counts. */
static void der_is_read_too_and_no_changed_octet_is_good(void **state)
{
    size_t length;
    uint8_t *der = der_of(CMS_FITS, &length);
    int64_t signed_s;
    struct err err;

    (void)state;
    assert_int_equal(
        judge_octets(CMS_OWN, (char *)der, length, SAMPLE_BODY, NOW_S, &signed_s, &err), 0);
    assert_int_equal(signed_s, CMS_SIGNED_S);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_equal(
            judge_octets(CMS_OWN, (char *)der, cut, SAMPLE_BODY, NOW_S, &signed_s, &err), -1);
    for (size_t i = 0; i < length; i++) {
        der[i] ^= 0x10;
        if (judge_octets(CMS_OWN, (char *)der, length, SAMPLE_BODY, NOW_S, &signed_s, &err) == 0)
            assert_int_equal(signed_s,
                             CMS_SIGNED_S); /* a version or a parameter that is of no use */
        der[i] ^= 0x10;
    }
    OPENSSL_free(der);
}

static void the_time_can_be_asked_for_before_anything_is_checked(void **state)
{
    (void)state;
    assert_int_equal(signature_cms_time(CMS_FITS, strlen(CMS_FITS)), CMS_SIGNED_S);
    assert_int_equal(signature_cms_time(CMS_BARE, strlen(CMS_BARE)), 0);
    assert_int_equal(signature_cms_time(CMS_TWO, strlen(CMS_TWO)), 0);
    assert_int_equal(signature_cms_time("x", 1), 0);
}

/* RFC 5652 §11.3: two of them contradict each other. */
static void two_times_are_none(void **state)
{
    BIO *in = BIO_new_mem_buf(CMS_FITS, -1), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = PEM_read_bio_CMS(in, NULL, NULL, NULL);
    CMS_SignerInfo *signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
    ASN1_TIME *time = ASN1_TIME_set(NULL, CMS_SIGNED_S + 1);
    char *text;
    long length;

    (void)state;
    assert_int_equal(
        CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, V_ASN1_UTCTIME, time, -1), 1);
    assert_true(PEM_write_bio_CMS(out, cms));
    length = BIO_get_mem_data(out, &text);
    assert_int_equal(signature_cms_time(text, (size_t)length), 0);
    ASN1_TIME_free(time);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(out);
}

static void a_list_is_checked_as_it_says(void **state)
{
    char *path = path_of(CMS_OWN), other[] = SAMPLE_KEY;
    struct config_list list = {.signature = LIST_CMS, .class_ = LIST_HOTLINE, .public_key = path};
    int fd = file_of(SAMPLE_BODY);
    int64_t signed_s;
    struct err err;

    (void)state;
    assert_string_equal(list_signature_suffix(&list), ".p7s");
    assert_int_equal(list_signature_ready(&list, NOW_S, &err), 0);
    assert_int_equal(list_signature_ready(&list, CMS_ENDS_S + 1, &err), -1);
    assert_int_equal(
        list_signature_check(&list, "b", CMS_FITS, strlen(CMS_FITS), fd, NOW_S, &signed_s, &err),
        0);
    assert_int_equal(signed_s, CMS_SIGNED_S);
    assert_int_equal(list_signature_time(&list, CMS_FITS, strlen(CMS_FITS)), CMS_SIGNED_S);

    list.signature = LIST_MINISIGN;
    list.public_key = other;
    assert_string_equal(list_signature_suffix(&list), ".minisig");
    assert_int_equal(list_signature_check(&list, "b", SAMPLE_PREHASHED, strlen(SAMPLE_PREHASHED),
                                          fd, NOW_S, &signed_s, &err),
                     -1);
    assert_non_null(strstr(err.text, "signed without a time"));
    assert_int_equal(err.code, ERR_FORMAT);
    list.class_ = LIST_LEGAL;
    assert_int_equal(list_signature_check(&list, "b", SAMPLE_PREHASHED, strlen(SAMPLE_PREHASHED),
                                          fd, NOW_S, &signed_s, &err),
                     0);
    assert_int_equal(signed_s, 0);
    list.inbox = other;
    assert_int_equal(list_signature_check(&list, "b", SAMPLE_PREHASHED, strlen(SAMPLE_PREHASHED),
                                          fd, NOW_S, &signed_s, &err),
                     -1);
    close(fd);
    unlink(path);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_publishers_own_is_good),
        cmocka_unit_test(another_body_is_not),
        cmocka_unit_test(another_signer_is_told_from_another_body),
        cmocka_unit_test(only_one_kind_of_signature_is_taken),
        cmocka_unit_test(a_certificate_has_its_time_and_its_use),
        cmocka_unit_test(a_missing_certificate_is_named),
        cmocka_unit_test(der_is_read_too_and_no_changed_octet_is_good),
        cmocka_unit_test(the_time_can_be_asked_for_before_anything_is_checked),
        cmocka_unit_test(two_times_are_none),
        cmocka_unit_test(a_list_is_checked_as_it_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
