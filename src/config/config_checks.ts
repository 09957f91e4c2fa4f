// The checkers that keepalived does not have (holdfast.yaml), as plain data.

/** AGENT_CHECK: an agent on the real server names its weight and its state. */
export interface AgentChecker {
  readonly type: "agent";
  /** A line to send first. */
  readonly send?: string;
}

/** TLS_CHECK: the beginning of a handshake, and the end of the certificate's validity. */
export interface TlsChecker {
  readonly type: "tls";
  /** Days left under which it is a warning; 0: none. */
  readonly warnDays: number;
  /** Days left under which it is a failure. */
  readonly failDays?: number;
  /** Name in the handshake (SNI). */
  readonly serverName?: string;
}

/** GRPC_CHECK: grpc.health.v1.Health/Check. */
export interface GrpcChecker {
  readonly type: "grpc";
  /** Undefined: the whole server. */
  readonly service?: string;
  readonly tls: boolean;
  readonly serverName?: string;
}

/** MYSQL_CHECK: the greeting, and a login without a password where a user is named. */
export interface MysqlChecker {
  readonly type: "mysql";
  readonly userName?: string;
}

/** POSTGRESQL_CHECK. */
export interface PostgresqlChecker {
  readonly type: "postgresql";
  readonly userName?: string;
}

/** REDIS_CHECK: PING, with AUTH before and ROLE behind it where they are asked for. */
export interface RedisChecker {
  readonly type: "redis";
  readonly userName?: string;
  readonly passwordFile?: string;
  readonly role?: "master" | "replica";
  readonly tls: boolean;
  readonly serverName?: string;
}

/** Any of them. */
export type OwnChecker = AgentChecker | TlsChecker | GrpcChecker | MysqlChecker | PostgresqlChecker | RedisChecker;
