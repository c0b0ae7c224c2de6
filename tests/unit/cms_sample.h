/* cms_sample.h - a body, signed by the real tool (openssl cms 3.0) with keys of no other use,
 * rightly and in the ways that must not be taken. The body is signature_sample.h's. */
#ifndef TESTS_UNIT_CMS_SAMPLE_H
#define TESTS_UNIT_CMS_SAMPLE_H

#define CMS_SIGNED_S 1795670459 /* 2026-11-26 05:20:59 UTC */
#define CMS_ENDS_S 2111030459   /* of the certificates */

/* The publisher's certificate. */
#define CMS_OWN                                                                                    \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBlDCCATqgAwIBAgIBBzAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlEZXNrIG9m\n"                           \
    "IGEgaG90bGluZS5leGFtcGxlMB4XDTI2MTEyNjA1MjA1OVoXDTM2MTEyMzA1MjA1\n"                           \
    "OVowJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUuZXhhbXBsZTBZMBMGByqG\n"                           \
    "SM49AgEGCCqGSM49AwEHA0IABKzMp5/2H2BlbhCBWxOuwZSDsKbLmm4rfdmlynNQ\n"                           \
    "nsuwWiplYIoUWbKcAu+kIs6JHw8X6mD0UzXHfdnBD/Cw/N+jXTBbMB0GA1UdDgQW\n"                           \
    "BBTgH9msHWHEM2wfgdQLRlKYWeC5/TAfBgNVHSMEGDAWgBTgH9msHWHEM2wfgdQL\n"                           \
    "RlKYWeC5/TAMBgNVHRMBAf8EAjAAMAsGA1UdDwQEAwIHgDAKBggqhkjOPQQDAgNI\n"                           \
    "ADBFAiEAlFsqNXQo6A/dJElTH6zSC3VN4aI8j6uKWNkjFe6eB6ECIErmU2DMXXRE\n"                           \
    "96bF8dADUkr7fbvll/qcOV84DRbUUOSy\n"                                                           \
    "-----END CERTIFICATE-----\n"

/* One with his name and number, and another key. */
#define CMS_TWIN                                                                                   \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBlTCCATqgAwIBAgIBBzAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlEZXNrIG9m\n"                           \
    "IGEgaG90bGluZS5leGFtcGxlMB4XDTI2MTEyNjA1MjA1OVoXDTM2MTEyMzA1MjA1\n"                           \
    "OVowJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUuZXhhbXBsZTBZMBMGByqG\n"                           \
    "SM49AgEGCCqGSM49AwEHA0IABJG+rmiE1oYa4iwDztrzsxy5M5QcIM9HYI6oOSVb\n"                           \
    "k6RTtt7gx3HAmB/IAUN0lWmoRebqXLNOC4Q5AGSdeXjjzRijXTBbMB0GA1UdDgQW\n"                           \
    "BBT626EJrYe+CewVii095p+1E2NO8jAfBgNVHSMEGDAWgBT626EJrYe+CewVii09\n"                           \
    "5p+1E2NO8jAMBgNVHRMBAf8EAjAAMAsGA1UdDwQEAwIHgDAKBggqhkjOPQQDAgNJ\n"                           \
    "ADBGAiEAwY08iebkeg6mSY+vftwq2A2nYPZ/RG7fKpWHFtMyRuMCIQDo97ghCsrR\n"                           \
    "6dRlSNjzylRRgjjyRQKdPN0YswRAyyWvdw==\n"                                                       \
    "-----END CERTIFICATE-----\n"

/* Somebody else's. */
#define CMS_OTHER                                                                                  \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBjDCCATKgAwIBAgIBCDAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTb21lYm9k\n"                           \
    "eSBlbHNlLmV4YW1wbGUwHhcNMjYxMTI2MDUyMDU5WhcNMzYxMTIzMDUyMDU5WjAg\n"                           \
    "MR4wHAYDVQQDDBVTb21lYm9keSBlbHNlLmV4YW1wbGUwWTATBgcqhkjOPQIBBggq\n"                           \
    "hkjOPQMBBwNCAAQ66U0WJyQoGz7K7ULINDHTHT0fGTnEHspnQHpzRwk9k/nvXoY0\n"                           \
    "y2R+GXbvTebDQHwjcOVRKlEpTIFIAJkVdhq2o10wWzAdBgNVHQ4EFgQUGkGLsmem\n"                           \
    "lA6+bZtsbesdAaP6PT0wHwYDVR0jBBgwFoAUGkGLsmemlA6+bZtsbesdAaP6PT0w\n"                           \
    "DAYDVR0TAQH/BAIwADALBgNVHQ8EBAMCB4AwCgYIKoZIzj0EAwIDSAAwRQIgWtwd\n"                           \
    "atIBf2wSvzh9Pcao+Jc/1/pbZG+qPPj+C/Ezw1kCIQC3XOSbTyr3ULVLjJyNICVz\n"                           \
    "hqY1y4P+9uaAzcu6hOH/KA==\n"                                                                   \
    "-----END CERTIFICATE-----\n"

/* The publisher's key in a certificate that is not for signing. */
#define CMS_SEALER                                                                                 \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBlzCCAT2gAwIBAgIBBzAKBggqhkjOPQQDAjAkMSIwIAYDVQQDDBlEZXNrIG9m\n"                           \
    "IGEgaG90bGluZS5leGFtcGxlMB4XDTI2MTEyNjA1MjA1OVoXDTM2MTEyMzA1MjA1\n"                           \
    "OVowJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUuZXhhbXBsZTBZMBMGByqG\n"                           \
    "SM49AgEGCCqGSM49AwEHA0IABKzMp5/2H2BlbhCBWxOuwZSDsKbLmm4rfdmlynNQ\n"                           \
    "nsuwWiplYIoUWbKcAu+kIs6JHw8X6mD0UzXHfdnBD/Cw/N+jYDBeMB0GA1UdDgQW\n"                           \
    "BBTgH9msHWHEM2wfgdQLRlKYWeC5/TAfBgNVHSMEGDAWgBTgH9msHWHEM2wfgdQL\n"                           \
    "RlKYWeC5/TAPBgNVHRMBAf8EBTADAQH/MAsGA1UdDwQEAwIDCDAKBggqhkjOPQQD\n"                           \
    "AgNIADBFAiAigOSBSL9PnG0l3nOUSw+ts2OOdDpls1WDFhH10OHwaAIhAPl2+HgS\n"                           \
    "3W0socWaIlo/PQ6Dt7QJZcIfuJF3I1ZxoDiy\n"                                                       \
    "-----END CERTIFICATE-----\n"

/* The publisher's signature. */
#define CMS_FITS                                                                                   \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIIBMgYJKoZIhvcNAQcCoIIBIzCCAR8CAQExDTALBglghkgBZQMEAgEwCwYJKoZI\n"                           \
    "hvcNAQcBMYH9MIH6AgEBMCkwJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUu\n"                           \
    "ZXhhbXBsZQIBBzALBglghkgBZQMEAgGgaTAYBgkqhkiG9w0BCQMxCwYJKoZIhvcN\n"                           \
    "AQcBMBwGCSqGSIb3DQEJBTEPFw0yNjExMjYwNTIwNTlaMC8GCSqGSIb3DQEJBDEi\n"                           \
    "BCCbr/ZHb/8m+daXgPuxeCpViBEdBNomG/P+GXZvFXBDmTAKBggqhkjOPQQDAgRG\n"                           \
    "MEQCICFyclTb2OyDR9JSBgXLdfGx+Ram/boS1VyqtShz2MSDAiB8TTqS0qYX14IL\n"                           \
    "kx9HVufVaW9LabHXfqjlRL0/Qup95w==\n"                                                           \
    "-----END CMS-----\n"

/* The same with his certificate in it. */
#define CMS_CARRIES                                                                                \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIICzwYJKoZIhvcNAQcCoIICwDCCArwCAQExDTALBglghkgBZQMEAgEwCwYJKoZI\n"                           \
    "hvcNAQcBoIIBmDCCAZQwggE6oAMCAQICAQcwCgYIKoZIzj0EAwIwJDEiMCAGA1UE\n"                           \
    "AwwZRGVzayBvZiBhIGhvdGxpbmUuZXhhbXBsZTAeFw0yNjExMjYwNTIwNTlaFw0z\n"                           \
    "NjExMjMwNTIwNTlaMCQxIjAgBgNVBAMMGURlc2sgb2YgYSBob3RsaW5lLmV4YW1w\n"                           \
    "bGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASszKef9h9gZW4QgVsTrsGUg7Cm\n"                           \
    "y5puK33ZpcpzUJ7LsFoqZWCKFFmynALvpCLOiR8PF+pg9FM1x33ZwQ/wsPzfo10w\n"                           \
    "WzAdBgNVHQ4EFgQU4B/ZrB1hxDNsH4HUC0ZSmFnguf0wHwYDVR0jBBgwFoAU4B/Z\n"                           \
    "rB1hxDNsH4HUC0ZSmFnguf0wDAYDVR0TAQH/BAIwADALBgNVHQ8EBAMCB4AwCgYI\n"                           \
    "KoZIzj0EAwIDSAAwRQIhAJRbKjV0KOgP3SRJUx+s0gt1TeGiPI+riljZIxXungeh\n"                           \
    "AiBK5lNgzF10RPemxfHQA1JK+3275Zf6nDlfOA0W1FDksjGB/jCB+wIBATApMCQx\n"                           \
    "IjAgBgNVBAMMGURlc2sgb2YgYSBob3RsaW5lLmV4YW1wbGUCAQcwCwYJYIZIAWUD\n"                           \
    "BAIBoGkwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAcBgkqhkiG9w0BCQUxDxcN\n"                           \
    "MjYxMTI2MDUyMTAwWjAvBgkqhkiG9w0BCQQxIgQgm6/2R2//JvnWl4D7sXgqVYgR\n"                           \
    "HQTaJhvz/hl2bxVwQ5kwCgYIKoZIzj0EAwIERzBFAiA/iQBbUTDFjmOoL0tVUREL\n"                           \
    "ay13zNfIF+qGyUjg2DykHQIhAOhLTOAF5kxmuhdGwThompf8Pwy/YAlPfQlqy8t2\n"                           \
    "GCYB\n"                                                                                       \
    "-----END CMS-----\n"

/* Somebody else's, which brings his certificate. */
#define CMS_BY_OTHER                                                                               \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIICwgYJKoZIhvcNAQcCoIICszCCAq8CAQExDTALBglghkgBZQMEAgEwCwYJKoZI\n"                           \
    "hvcNAQcBoIIBkDCCAYwwggEyoAMCAQICAQgwCgYIKoZIzj0EAwIwIDEeMBwGA1UE\n"                           \
    "AwwVU29tZWJvZHkgZWxzZS5leGFtcGxlMB4XDTI2MTEyNjA1MjA1OVoXDTM2MTEy\n"                           \
    "MzA1MjA1OVowIDEeMBwGA1UEAwwVU29tZWJvZHkgZWxzZS5leGFtcGxlMFkwEwYH\n"                           \
    "KoZIzj0CAQYIKoZIzj0DAQcDQgAEOulNFickKBs+yu1CyDQx0x09Hxk5xB7KZ0B6\n"                           \
    "c0cJPZP5716GNMtkfhl2703mw0B8I3DlUSpRKUyBSACZFXYatqNdMFswHQYDVR0O\n"                           \
    "BBYEFBpBi7JnppQOvm2bbG3rHQGj+j09MB8GA1UdIwQYMBaAFBpBi7JnppQOvm2b\n"                           \
    "bG3rHQGj+j09MAwGA1UdEwEB/wQCMAAwCwYDVR0PBAQDAgeAMAoGCCqGSM49BAMC\n"                           \
    "A0gAMEUCIFrcHWrSAX9sEr84fT3GqPiXP9f6W2Rvqjz4/gvxM8NZAiEAt1zkm08q\n"                           \
    "91C1S4ycjSAlc4amNcuD/vbmgM3LuoTh/ygxgfkwgfYCAQEwJTAgMR4wHAYDVQQD\n"                           \
    "DBVTb21lYm9keSBlbHNlLmV4YW1wbGUCAQgwCwYJYIZIAWUDBAIBoGkwGAYJKoZI\n"                           \
    "hvcNAQkDMQsGCSqGSIb3DQEHATAcBgkqhkiG9w0BCQUxDxcNMjYxMTI2MDUyMTAw\n"                           \
    "WjAvBgkqhkiG9w0BCQQxIgQgm6/2R2//JvnWl4D7sXgqVYgRHQTaJhvz/hl2bxVw\n"                           \
    "Q5kwCgYIKoZIzj0EAwIERjBEAiBh2aLxyJY5feuT1Rz7yi5xa2iMpQaxRclWjjvH\n"                           \
    "6Jsd1QIgXYnWj7XX70ScFDA0oNumJvbtQQy45bw1fVcom5HutTQ=\n"                                       \
    "-----END CMS-----\n"

/* By the key of CMS_TWIN. */
#define CMS_BY_TWIN                                                                                \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIIBMwYJKoZIhvcNAQcCoIIBJDCCASACAQExDTALBglghkgBZQMEAgEwCwYJKoZI\n"                           \
    "hvcNAQcBMYH+MIH7AgEBMCkwJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUu\n"                           \
    "ZXhhbXBsZQIBBzALBglghkgBZQMEAgGgaTAYBgkqhkiG9w0BCQMxCwYJKoZIhvcN\n"                           \
    "AQcBMBwGCSqGSIb3DQEJBTEPFw0yNjExMjYwNTIxMDBaMC8GCSqGSIb3DQEJBDEi\n"                           \
    "BCCbr/ZHb/8m+daXgPuxeCpViBEdBNomG/P+GXZvFXBDmTAKBggqhkjOPQQDAgRH\n"                           \
    "MEUCIQCWAoJGUSiat9ScdUTSF68tksYrF/JOXenmX7lVsMVwrQIgAWZsnJ2sc7B5\n"                           \
    "ig8gRga2tazWDA+6tdaMLXcBLbegyCM=\n"                                                           \
    "-----END CMS-----\n"

/* By SHA-1. */
#define CMS_WEAK                                                                                   \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIIBHwYJKoZIhvcNAQcCoIIBEDCCAQwCAQExCTAHBgUrDgMCGjALBgkqhkiG9w0B\n"                           \
    "BwExge4wgesCAQEwKTAkMSIwIAYDVQQDDBlEZXNrIG9mIGEgaG90bGluZS5leGFt\n"                           \
    "cGxlAgEHMAcGBSsOAwIaoF0wGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAcBgkq\n"                           \
    "hkiG9w0BCQUxDxcNMjYxMTI2MDUyMTAwWjAjBgkqhkiG9w0BCQQxFgQUhtD3c/Be\n"                           \
    "c+XimcXAUNl/bhXFAFEwCQYHKoZIzj0EAQRIMEYCIQDrsu2GjBwPZ0fK1VHmn7Rk\n"                           \
    "7bPyG5U3MdiSzaKuTp+HywIhALpI1h0fdZXtgRFZihNFa39/ybu1Dx/rSaehXyBf\n"                           \
    "bz7M\n"                                                                                       \
    "-----END CMS-----\n"

/* Without signed attributes. */
#define CMS_BARE                                                                                   \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIHHBgkqhkiG9w0BBwKggbkwgbYCAQExDTALBglghkgBZQMEAgEwCwYJKoZIhvcN\n"                           \
    "AQcBMYGUMIGRAgEBMCkwJDEiMCAGA1UEAwwZRGVzayBvZiBhIGhvdGxpbmUuZXhh\n"                           \
    "bXBsZQIBBzALBglghkgBZQMEAgEwCgYIKoZIzj0EAwIESDBGAiEA3FLvMx0eY4Qd\n"                           \
    "w8TacD7y4UqymbykBqwudcuLeeB0LnoCIQDjA6zlB27ni5ivD768eDQpInO6Y39N\n"                           \
    "dotTe/gunRvarA==\n"                                                                           \
    "-----END CMS-----\n"

/* With the body in it. */
#define CMS_BRINGS                                                                                 \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIIBTwYJKoZIhvcNAQcCoIIBQDCCATwCAQExDTALBglghkgBZQMEAgEwJwYJKoZI\n"                           \
    "hvcNAQcBoBoEGG9uZS5leGFtcGxlCnR3by5leGFtcGxlCjGB/jCB+wIBATApMCQx\n"                           \
    "IjAgBgNVBAMMGURlc2sgb2YgYSBob3RsaW5lLmV4YW1wbGUCAQcwCwYJYIZIAWUD\n"                           \
    "BAIBoGkwGAYJKoZIhvcNAQkDMQsGCSqGSIb3DQEHATAcBgkqhkiG9w0BCQUxDxcN\n"                           \
    "MjYxMTI2MDUyMTAwWjAvBgkqhkiG9w0BCQQxIgQgm6/2R2//JvnWl4D7sXgqVYgR\n"                           \
    "HQTaJhvz/hl2bxVwQ5kwCgYIKoZIzj0EAwIERzBFAiBMmx44ALDLNAn61Z2mnHqV\n"                           \
    "B5tPy9Xsz8l5aFoUqkvVpwIhALj9kpQ2GPJopagxw9SGmbPLrbafLNmRgm5PrAA5\n"                           \
    "KLQY\n"                                                                                       \
    "-----END CMS-----\n"

/* By two. */
#define CMS_TWO                                                                                    \
    "-----BEGIN CMS-----\n"                                                                        \
    "MIICLgYJKoZIhvcNAQcCoIICHzCCAhsCAQExDTALBglghkgBZQMEAgEwCwYJKoZI\n"                           \
    "hvcNAQcBMYIB+DCB9wIBATAlMCAxHjAcBgNVBAMMFVNvbWVib2R5IGVsc2UuZXhh\n"                           \
    "bXBsZQIBCDALBglghkgBZQMEAgGgaTAYBgkqhkiG9w0BCQMxCwYJKoZIhvcNAQcB\n"                           \
    "MBwGCSqGSIb3DQEJBTEPFw0yNjExMjYwNTIxMDBaMC8GCSqGSIb3DQEJBDEiBCCb\n"                           \
    "r/ZHb/8m+daXgPuxeCpViBEdBNomG/P+GXZvFXBDmTAKBggqhkjOPQQDAgRHMEUC\n"                           \
    "ICXk9Che65TgM9MhS6Bb0kAjFb78X6l8gXYNQEh9MqipAiEA7UDh7yDJfaHaIoCA\n"                           \
    "xAcb18gNxuDqLvXB89+CIkJyxDgwgfsCAQEwKTAkMSIwIAYDVQQDDBlEZXNrIG9m\n"                           \
    "IGEgaG90bGluZS5leGFtcGxlAgEHMAsGCWCGSAFlAwQCAaBpMBgGCSqGSIb3DQEJ\n"                           \
    "AzELBgkqhkiG9w0BBwEwHAYJKoZIhvcNAQkFMQ8XDTI2MTEyNjA1MjEwMFowLwYJ\n"                           \
    "KoZIhvcNAQkEMSIEIJuv9kdv/yb51peA+7F4KlWIER0E2iYb8/4Zdm8VcEOZMAoG\n"                           \
    "CCqGSM49BAMCBEcwRQIhAPpJmPsk0I4NXCUdtvrBVAz2sBUvVHV1QGFU2UDr+kug\n"                           \
    "AiBk5gfEpWVm75nA1d6WSYkjBBrk/400jEUoRdcoCxhBfg==\n"                                           \
    "-----END CMS-----\n"

/* No signature: a digest. */
#define CMS_DIGEST                                                                                 \
    "-----BEGIN CMS-----\n"                                                                        \
    "MFwGCSqGSIb3DQEHBaBPME0CAQAwBwYFKw4DAhowKQYJKoZIhvcNAQcBoBwEGm9u\n"                           \
    "ZS5leGFtcGxlDQp0d28uZXhhbXBsZQ0KBBSfVivr+dV5h9lsU2kQqjY68wBPtQ==\n"                           \
    "-----END CMS-----\n"

#endif
