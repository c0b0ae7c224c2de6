/* signature_sample.h - a body, signed by the real minisign in both its ways, with a key of no other
 * use. */
#ifndef TESTS_UNIT_SIGNATURE_SAMPLE_H
#define TESTS_UNIT_SIGNATURE_SAMPLE_H

#define SAMPLE_BODY "one.example\ntwo.example\n"
#define SAMPLE_KEY "RWSEr6tSf7EgS1Wqe3ZqlWubb+VbKr+K1sFKHxItERfHfa1oQ9W55eel"
#define SAMPLE_OTHER_KEY "RWSM92adjnDKweQBzXR59OhD0iFAw4AU2EOSy6d2GgIhTHnNdMpuBzhG"
#define SAMPLE_PREHASHED                                                                           \
    "untrusted comment: signature from minisign secret key\n"                                      \
    "RUSEr6tSf7EgS037szRoKjVe4K1VFyRWfaVQ88dQffJj3g1dxL0VKaqTJ4YES7tL+plWW0tTFP9BbD8ou5BnIaScrq7/" \
    "W9tWCgg=\n"                                                                                   \
    "trusted comment: signed by the tests\n"                                                       \
    "CGFtDAdugWzxG8GEQ+EpTaKx3HZFvwT8ce8vSYEqb29xCwaULgKvSBRHFYFN4AxItNYRJjaK1aXlkC8QP/0HAA==\n"
#define SAMPLE_LEGACY                                                                              \
    "untrusted comment: signature from minisign secret key\n"                                      \
    "RWSEr6tSf7EgS/PMGGOOkpAoYnMlazRLjYiZXd+GJHkp82U2RlBqdY4hYyAqLK2Xi/"                           \
    "NG8V8zhXxzMLlRG9tHi2u9EaaTilkwMg8=\n"                                                         \
    "trusted comment: signed by the tests\n"                                                       \
    "zfLtsbdnZuGWHs6S1jJTo45Xtth+n/UyJ+kOgDAudxNNpAzB1Fj3+95e/6j389EKtoO/XYRohW/ucF6N5qFPDw==\n"

#endif
