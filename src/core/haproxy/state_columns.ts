// Columns of `show servers state`, from 0, and bits of `srv_admin_state` (HAProxy's management guide, version 1 of the format).

export const ADDRESS_COLUMN = 4;
export const ADMIN_COLUMN = 6;
export const WEIGHT_COLUMN = 7;
export const CONFIGURED_WEIGHT_COLUMN = 8;
export const NAME_COLUMN = 17;
export const COLUMNS = 25;
export const FORCED_MAINTENANCE = 1;
/** haproxy.cfg has the server as `disabled`: it begins with both this and the forced one. */
export const CONFIGURED_MAINTENANCE = 4;
export const FORCED_DRAIN = 8;
