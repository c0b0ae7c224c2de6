/* signature_cms.c - CMS by OpenSSL, as little of it as a list needs.
 *
 * The problem: CMS is a family of formats. A signature may bring its own certificates, its own
 * content, several signers, weak digests and attributes that nobody signed, and a library that is
 * asked whether it "verifies" says yes to most of that. The idea: what is not exactly one signer,
 * over a file that is not in it, by the pinned certificate, with a digest and a key of today and
 * with signed attributes, is refused before anything is computed; OpenSSL does only the arithmetic.
 *
 * Dropped: chains, revocation lists and time stamps of third parties. The operator knows one
 * publisher; another certificate is another line in the config. */
#include "blocklist/feed/signature_cms.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h> /* before cms.h, which declares what is PEM by it */

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "config/base/err.h"

enum { SECURITY_BITS_LEAST = 112, SECONDS_OF_DAY = 86400 }; /* RSA of 2048 bits, curves of 224 */

/* PEM may be encrypted, and then OpenSSL would ask whoever is at the terminal. */
static int no_password(char *out, int room, int writing, void *context)
{
    (void)out;
    (void)room;
    (void)writing;
    (void)context;
    return -1;
}

/* Returns TIME in Unix seconds; 0 where it is none. */
static int64_t seconds_of(const ASN1_TIME *time)
{
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    int days = 0, seconds = 0, fine;

    fine = epoch != NULL && time != NULL && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    return fine ? (int64_t)days * SECONDS_OF_DAY + seconds : 0;
}

/* ---- the certificate */

static int check_validity(const char *path, const X509 *certificate, int64_t now_s, struct err *err)
{
    if (now_s < seconds_of(X509_get0_notBefore(certificate)))
        return err_set(err, ERR_REFUSED,
                       "%.200s: the signer's certificate is not yet valid; is the clock right?",
                       path);
    if (now_s > seconds_of(X509_get0_notAfter(certificate)))
        return err_set(err, ERR_REFUSED,
                       "%.200s: the signer's certificate has expired; ask the publisher for the "
                       "one that follows it",
                       path);
    return 0;
}

static int check_use(const char *path, X509 *certificate, struct err *err)
{
    const EVP_PKEY *key = X509_get0_pubkey(certificate);

    if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS_LEAST)
        return err_set(err, ERR_CONFIG, "%.200s: the certificate's key is too weak or unknown",
                       path);
    if ((X509_get_key_usage(certificate) & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) == 0)
        return err_set(err, ERR_CONFIG, "%.200s: the certificate is not one to sign with", path);
    return 0;
}

static X509 *read_certificate(const char *path, int64_t now_s, struct err *err)
{
    BIO *in = path == NULL ? NULL : BIO_new_file(path, "r");
    X509 *certificate = in == NULL ? NULL : PEM_read_bio_X509(in, NULL, no_password, NULL);

    BIO_free(in);
    ERR_clear_error();
    if (certificate == NULL) {
        err_set(err, ERR_CONFIG, "%.200s: %s", path == NULL ? "signature.key" : path,
                in == NULL ? "cannot read the signer's certificate"
                           : "holds no certificate in PEM");
        return NULL;
    }
    if (check_use(path, certificate, err) == 0 &&
        check_validity(path, certificate, now_s, err) == 0)
        return certificate;
    X509_free(certificate);
    return NULL;
}

int signature_cms_certificate(const char *path, int64_t now_s, struct err *err)
{
    X509 *certificate = read_certificate(path, now_s, err);

    X509_free(certificate);
    return certificate == NULL ? -1 : 0;
}

/* ---- the signature */

static CMS_ContentInfo *parse(const char *text, size_t length)
{
    static const char dashes[] = "-----BEGIN ";
    BIO *in = length > INT_MAX ? NULL : BIO_new_mem_buf(text, (int)length);
    bool pem = length >= sizeof dashes - 1 && memcmp(text, dashes, sizeof dashes - 1) == 0;
    CMS_ContentInfo *cms = NULL;

    if (in != NULL)
        cms = pem ? PEM_read_bio_CMS(in, NULL, no_password, NULL) : d2i_CMS_bio(in, NULL);
    BIO_free(in);
    ERR_clear_error();
    return cms;
}

/* Returns the one signer of CMS, or NULL. */
static CMS_SignerInfo *only_signer(CMS_ContentInfo *cms)
{
    STACK_OF(CMS_SignerInfo) *signers =
        OBJ_obj2nid(CMS_get0_type(cms)) == NID_pkcs7_signed ? CMS_get0_SignerInfos(cms) : NULL;

    ERR_clear_error();
    return signers != NULL && sk_CMS_SignerInfo_num(signers) == 1
               ? sk_CMS_SignerInfo_value(signers, 0)
               : NULL;
}

static bool is_strong(CMS_SignerInfo *signer)
{
    static const int taken[] = {NID_sha256,   NID_sha384,   NID_sha512,
                                NID_sha3_256, NID_sha3_384, NID_sha3_512};
    X509_ALGOR *digest = NULL;
    const ASN1_OBJECT *kind = NULL;

    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, NULL);
    if (digest != NULL)
        X509_ALGOR_get0(&kind, NULL, NULL, digest);
    for (size_t i = 0; kind != NULL && i < sizeof taken / sizeof *taken; i++) {
        if (OBJ_obj2nid(kind) == taken[i])
            return true;
    }
    return false;
}

/* RFC 5652 §11.3: there is one signingTime, with one value. */
static int64_t time_of(CMS_SignerInfo *signer)
{
    int at = CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, -1);
    X509_ATTRIBUTE *attribute = at < 0 ? NULL : CMS_signed_get_attr(signer, at);
    const ASN1_TYPE *value;

    if (attribute == NULL || X509_ATTRIBUTE_count(attribute) != 1 ||
        CMS_signed_get_attr_by_NID(signer, NID_pkcs9_signingTime, at) >= 0)
        return 0;
    value = X509_ATTRIBUTE_get0_type(attribute, 0);
    if (value == NULL || (value->type != V_ASN1_UTCTIME && value->type != V_ASN1_GENERALIZEDTIME))
        return 0;
    return seconds_of(value->value.asn1_string);
}

int64_t signature_cms_time(const char *text, size_t length)
{
    CMS_ContentInfo *cms = parse(text, length);
    CMS_SignerInfo *signer = cms == NULL ? NULL : only_signer(cms);
    int64_t time = signer == NULL ? 0 : time_of(signer);

    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return time;
}

/* Whether CMS is of the kind that is taken, and SIGNER the pinned certificate's. */
static int check_kind(CMS_ContentInfo *cms, CMS_SignerInfo *signer, X509 *certificate,
                      struct err *err)
{
    if (CMS_is_detached(cms) != 1)
        return err_set(err, ERR_FORMAT,
                       "the signature brings a list of its own; it must be "
                       "detached");
    if (CMS_signed_get_attr_count(signer) <= 0)
        return err_set(err, ERR_FORMAT, "the signature has no signed attributes");
    if (!is_strong(signer))
        return err_set(err, ERR_FORMAT,
                       "the signature is by a digest that is not taken any more; "
                       "SHA-256 and stronger ones are");
    if (CMS_SignerInfo_cert_cmp(signer, certificate) != 0)
        return err_set(err, ERR_DIGEST,
                       "signed by another certificate than the one in "
                       "'signature.key'; ask the publisher whether it was changed");
    return 0;
}

/* FLAGS: no certificate but ours is looked at, none that ours would have to be under. */
static bool fits(CMS_ContentInfo *cms, X509 *certificate, int fd)
{
    const unsigned flags = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
    STACK_OF(X509) *certificates = sk_X509_new_null();
    BIO *in = BIO_new_fd(fd, BIO_NOCLOSE);
    bool result = false;

    if (certificates != NULL && in != NULL && sk_X509_push(certificates, certificate) > 0)
        result = CMS_verify(cms, certificates, NULL, in, NULL, flags) == 1;
    BIO_free(in);
    sk_X509_free(certificates);
    ERR_clear_error();
    return result;
}

/* The file's offset is the one who writes it's. */
static int check_octets(CMS_ContentInfo *cms, X509 *certificate, int fd, struct err *err)
{
    off_t before = lseek(fd, 0, SEEK_CUR);
    bool result;

    if (before < 0 || lseek(fd, 0, SEEK_SET) != 0)
        return err_system(err, "cannot read what was fetched");
    result = fits(cms, certificate, fd);
    if (lseek(fd, before, SEEK_SET) != before)
        return err_system(err, "cannot read what was fetched");
    return result ? 0 : err_set(err, ERR_DIGEST, "the signature does not fit the list");
}

static int check(CMS_ContentInfo *cms, X509 *certificate, int fd, int64_t *signed_s,
                 struct err *err)
{
    CMS_SignerInfo *signer = cms == NULL ? NULL : only_signer(cms);

    if (signer == NULL)
        return err_set(err, ERR_FORMAT, "not a signature of CMS by one signer, in PEM or DER");
    if (check_kind(cms, signer, certificate, err) != 0 ||
        check_octets(cms, certificate, fd, err) != 0)
        return -1;
    *signed_s = time_of(signer);
    return 0;
}

int signature_cms_check(const char *path, const char *text, size_t length, int fd, int64_t now_s,
                        int64_t *signed_s, struct err *err)
{
    X509 *certificate = read_certificate(path, now_s, err);
    CMS_ContentInfo *cms;
    int result;

    if (certificate == NULL)
        return -1;
    cms = parse(text, length);
    result = check(cms, certificate, fd, signed_s, err);
    CMS_ContentInfo_free(cms);
    X509_free(certificate);
    ERR_clear_error();
    return result;
}
