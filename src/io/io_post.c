#include "io_post.h"
#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

struct IoPost {
    IoPostOpts opts;
    CURL *easy;
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
    _Atomic bool stopped;
    bool refused; // our own "no" to the certificate
};
static int verify(X509_STORE_CTX *x, void *arg) {
    IoPost *p = arg;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    X509 *crt = X509_STORE_CTX_get0_cert(x);
    p->refused = false;
    if (X509_verify_cert(x) != 1) return 0;
    p->refused = !crt || X509_check_host(crt, p->opts.name, 0, 0, NULL) != 1 ||
                 X509_digest(crt, EVP_sha256(), digest, &n) != 1 || n != IO_DIGEST_LEN ||
                 !p->opts.trusted(p->opts.ctx, digest);
    if (p->refused) X509_STORE_CTX_set_error(x, X509_V_ERR_APPLICATION_VERIFICATION);
    return !p->refused;
}
static CURLcode on_context(CURL *easy, void *ctx, void *arg) {
    (void)easy;
    SSL_CTX_set_cert_verify_callback(ctx, verify, arg);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); // each connection shows its certificate
    return CURLE_OK;
}
static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&((IoPost *)arg)->stopped);
}
static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg) {
    Buf *b = arg;
    buf_put(b, bytes, size * n);
    return b->overflow ? 0 : size * n;
}
static bool set_blob(CURL *e, CURLoption option, Str text) {
    struct curl_blob blob = {(void *)(uintptr_t)text.p, text.n, CURL_BLOB_COPY};
    return curl_easy_setopt(e, option, &blob) == CURLE_OK;
}
static bool set_all(IoPost *p) {
    CURL *e = p->easy;
    bool good = set_blob(e, CURLOPT_SSLCERT_BLOB, p->opts.tls.certificate) &&
                set_blob(e, CURLOPT_SSLKEY_BLOB, p->opts.tls.key) &&
                set_blob(e, CURLOPT_CAINFO_BLOB, p->opts.tls.authority) &&
                curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3) == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, on_context) == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_URL, p->opts.url) == CURLE_OK;
    curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, p);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L); // the name of the side is checked instead, in verify()
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)p->opts.connect_ms);
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)p->opts.timeout_ms);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(e, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->why);
    curl_easy_setopt(e, CURLOPT_POST, 1L);
    return good;
}
Err io_post_new(const IoPostOpts *opts, IoPost **ret) {
    IoPost *p = calloc(1, sizeof *p);
    CK_ASSERT(p && curl_global_init(CURL_GLOBAL_DEFAULT) == 0);
    p->opts = *opts;
    p->easy = curl_easy_init();
    CK_ASSERT(p->easy != NULL);
    if (strncmp(opts->url, "https://", 8) != 0 || !set_all(p)) {
        io_post_free(p);
        return ERR_INVALID;
    }
    *ret = p;
    return OK;
}
void io_post_free(IoPost *p) {
    if (!p) return;
    curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->headers);
    free(p);
    curl_global_cleanup();
}
void io_post_reconnect(IoPost *p) {
    curl_easy_cleanup(p->easy);
    p->easy = curl_easy_init();
    CK_ASSERT(p->easy != NULL && set_all(p));
}
static void set_type(IoPost *p, const char *content_type) {
    char line[200];
    if (!p->headers) { // one service, one type
        (void)snprintf(line, sizeof line, "Content-Type: %s", content_type);
        p->headers = curl_slist_append(NULL, line);
        p->headers = curl_slist_append(p->headers, "Expect:");
    }
    curl_easy_setopt(p->easy, CURLOPT_HTTPHEADER, p->headers);
}
Err io_post(IoPost *p, const char *content_type, Str body, Buf *answer, int *ret_status, const char **ret_why) {
    long status = 0;
    set_type(p, content_type);
    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(p->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    curl_easy_setopt(p->easy, CURLOPT_WRITEDATA, answer);
    p->why[0] = 0;
    CURLcode rc = curl_easy_perform(p->easy);
    if (rc == CURLE_OK) rc = curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    *ret_status = (int)status;
    *ret_why = p->refused  ? "the certificate is not the other side's, or is revoked"
               : p->why[0] ? p->why
                           : curl_easy_strerror(rc);
    return rc == CURLE_OK ? OK : ERR_NET;
}
void io_post_stop(IoPost *p) {
    atomic_store(&p->stopped, true);
}
