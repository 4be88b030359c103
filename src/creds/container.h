#ifndef CREDS_CONTAINER_H
#define CREDS_CONTAINER_H

#include "core/span.h"

/*
 * Whether a URL of AWS_CONTAINER_CREDENTIALS_FULL_URI may be asked, by the
 * rule of AWS's SDKs: https, or http to the machine itself or to the link
 * addresses of ECS (169.254.170.2) and EKS (169.254.170.23, fd00:ec2::23).
 */
bool creds_container_allowed(struct span url);

#endif
