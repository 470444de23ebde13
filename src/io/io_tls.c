// What a client's certificate says (GnuTLS, as the HTTP server uses it).
#include "io_http_internal.h"
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

static bool look(gnutls_session_t session, const char *name, uint8_t ret_digest[IO_DIGEST_LEN]) {
    unsigned status = 0, n = 0;
    size_t digest_n = IO_DIGEST_LEN;
    gnutls_x509_crt_t crt;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    if (!chain || !n || gnutls_certificate_verify_peers2(session, &status) != 0 || status) return false;
    if (gnutls_x509_crt_init(&crt) != 0) return false;
    bool good = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
                gnutls_x509_crt_check_hostname(crt, name) != 0 &&
                gnutls_fingerprint(GNUTLS_DIG_SHA256, &chain[0], ret_digest, &digest_n) == 0;
    gnutls_x509_crt_deinit(crt);
    return good;
}
bool io_http_certificate(const IoRequest *rq, const char *name, uint8_t ret_digest[IO_DIGEST_LEN]) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info && info->tls_session && look(info->tls_session, name, ret_digest);
}
