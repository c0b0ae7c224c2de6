#include "blocklist/feed/fetch_fault.h"

#include <string.h>

#include "blocklist/feed/fetch_url.h"
#include "config/base/err.h"

/* Results of OpenSSL's check of a certificate: X509_V_ERR_... of its x509_vfy.h, which are stable
 * and whose package is not needed for these alone. */
static const struct {
    long code;
    const char *meaning;
} certificates[] = {
    {10, "its certificate has expired; tell the publisher, or check this machine's clock"},
    {9,  "its certificate is not valid yet; check this machine's clock"                  },
    {18, "its certificate is signed by itself; see `auth.ca` if it is yours"             },
    {19, "nobody known signed its certificate; see `auth.ca` if it is yours"             },
    {2,  "nobody known signed its certificate; see `auth.ca` if it is yours"             },
    {20, "nobody known signed its certificate; see `auth.ca` if it is yours"             },
    {23, "its certificate was revoked; tell the publisher"                               },
    {62, "its certificate is another name's; check the address"                          },
};

static const struct {
    CURLcode curl;
    enum err_code code;
    const char *meaning;
} meanings[] = {
    {CURLE_COULDNT_CONNECT,      ERR_UNREACHABLE, "cannot connect; the next run tries again"      },
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UNREACHABLE, "its name has no address"                       },
    {CURLE_PARTIAL_FILE,         ERR_UNREACHABLE, "cut off; the next run goes on or tries again"  },
    {CURLE_GOT_NOTHING,          ERR_UNREACHABLE, "the server closed without an answer"           },
    {CURLE_RECV_ERROR,           ERR_UNREACHABLE, "the connection broke; the next run tries again"},
    {CURLE_SEND_ERROR,           ERR_UNREACHABLE, "the connection broke; the next run tries again"},
    {CURLE_SSL_CONNECT_ERROR,    ERR_UNREACHABLE, "no TLS 1.2 or newer with it"                   },
    {CURLE_SSL_CERTPROBLEM,      ERR_CONFIG,
     "our certificate cannot be used; see `auth.certificate` and `auth.key`"                      },
    {CURLE_SSL_CACERT_BADFILE,   ERR_CONFIG,      "the file of `auth.ca` cannot be read"          },
    {CURLE_WEIRD_SERVER_REPLY,   ERR_FORMAT,      "it does not speak HTTP; check the address"     },
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_FORMAT,      "it does not speak HTTP; check the address"     },
    {CURLE_BAD_CONTENT_ENCODING, ERR_FORMAT,      "its coding is broken"                          },
    {CURLE_OUT_OF_MEMORY,        ERR_MEMORY,      "out of memory"                                 },
};

static int certificate_fault(CURL *easy, const char *shown, struct err *err)
{
    long code = 0;

    if (strstr(shown, "subject name") != NULL) /* curl looks at the name itself */
        return err_set(err, ERR_REFUSED, "its certificate is another name's; check the address");
    curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &code);
    for (size_t i = 0; i < sizeof certificates / sizeof *certificates; i++)
        if (certificates[i].code == code)
            return err_set(err, ERR_REFUSED, "%s", certificates[i].meaning);
    return err_set(err, ERR_REFUSED, "its certificate is not good: %s", shown);
}

/* RFC 8446 §4.4.2: TLS 1.3 is set up before a server looks for our certificate, and its alert is
 * often lost with the connection. */
static const char unknown_cure[] =
    ", or the publisher asks for a certificate of ours; see `auth.certificate`";

static bool is_broken(CURLcode code)
{
    return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_SSL_CONNECT_ERROR;
}

int fetch_fault(CURL *easy, CURLcode code, const char *text, const struct config_feeds *feeds,
                bool unknown, struct err *err)
{
    char shown[120];

    fetch_text_show(text[0] != '\0' ? text : curl_easy_strerror(code), shown, sizeof shown);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return certificate_fault(easy, shown, err);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return err_set(err, ERR_UNREACHABLE,
                       "stalled: no connection, or under %u octets/s for %u s; the next run tries "
                       "again",
                       feeds->slow_octets_s, feeds->slow_s);
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].curl == code)
            return err_set(err, meanings[i].code, "%s%s (%s)", meanings[i].meaning,
                           unknown && is_broken(code) ? unknown_cure : "", shown);
    return err_set(err, ERR_UNREACHABLE, "%s; the next run tries again", shown);
}

bool fetch_fault_keeps(CURLcode code)
{
    return code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
           code == CURLE_OPERATION_TIMEDOUT;
}
