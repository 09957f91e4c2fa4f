# shellcheck shell=bash
# The configuration of an nginx that keeps everything it writes in a folder of its own. Sourced.

# Goes to the standard output. `events` and the lines of its one server are given; more arguments stand at the top.
nginx_config() { # folder, events, server, line...
  local folder=$1 events=$2 server=$3
  shift 3
  cat <<-END
		pid $folder/nginx.pid;
		worker_processes 1;
		$*
		events { $events }
		http {
		  access_log off;
		  client_body_temp_path $folder/body;
		  proxy_temp_path $folder/proxy;
		  fastcgi_temp_path $folder/fastcgi;
		  uwsgi_temp_path $folder/uwsgi;
		  scgi_temp_path $folder/scgi;
		  server { $server }
		}
	END
}
