#include "http/tls.h"

#include <microhttpd.h>

static enum MHD_Result serve_nobody(void *argument, struct MHD_Connection *mhd,
    const char *url, const char *method, const char *version,
    const char *upload_data, size_t *upload_data_size, void **req_cls)
{
	(void)argument;
	(void)mhd;
	(void)url;
	(void)method;
	(void)version;
	(void)upload_data;
	(void)upload_data_size;
	(void)req_cls;
	return MHD_NO;
}

bool tls_check(const struct conf_listener *listener)
{
	struct MHD_Daemon *daemon;

	if (!listener->tls_cert.len)
		return true;
	daemon = MHD_start_daemon(MHD_USE_NO_LISTEN_SOCKET | MHD_USE_TLS, 0,
	    NULL, NULL, serve_nobody, NULL, MHD_OPTION_HTTPS_MEM_CERT,
	    listener->tls_cert.at, MHD_OPTION_HTTPS_MEM_KEY,
	    listener->tls_key.at, MHD_OPTION_END);
	if (daemon)
		MHD_stop_daemon(daemon);
	return daemon != NULL;
}
