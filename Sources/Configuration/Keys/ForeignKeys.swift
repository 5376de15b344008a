/// The keys of Kata Containers 4.1, Go and Rust, that this runtime does not have.
extension ForeignKey {
    static let hypervisorKeys: [ForeignKey] =
        [
            refused("rootless", "the monitor's own user would not be the one that mode makes"),
            refused("rootless_user", "the monitor would not run as that user"),
            refused("jailer_path", "the monitor would run without that jailer"),
            refused("confidential_guest", "the guest's memory would not be encrypted"),
            refused("sev_snp_guest", "the guest's memory would not be encrypted"),
            refused("snp_id_block", "the guest would not be measured"),
            refused("snp_id_auth", "the guest would not be measured"),
            refused("measurement_algo", "the guest would not be measured"),
            refused("initdata", "the guest would not be measured with it"),
            refused("kernel_verity_params", "the root image would not be verified"),
            refused("guest_extension_images", "the images would not be verified and attached"),
            refused("disable_guest_selinux", when: .off, "containers would run without SELinux labels"),
            refused("selinux_label", "the monitor would run without that label"),
            refused("disable_nested_virtualization", "the guest could still use nested virtualization"),
            refused("rx_rate_limiter_max_rate", "the guest's network traffic would have no limit"),
            refused("tx_rate_limiter_max_rate", "the guest's network traffic would have no limit"),
            refused("net_rate_limiter_bw_max_rate", "the guest's network traffic would have no limit"),
            refused("net_rate_limiter_ops_max_rate", "the guest's network traffic would have no limit"),
            refused("disk_rate_limiter_bw_max_rate", "the guest's disk traffic would have no limit"),
            refused("disk_rate_limiter_ops_max_rate", "the guest's disk traffic would have no limit"),
        ]
        + ignored(
            """
            asset_hash_type block_device_aio block_device_cache_direct block_device_cache_noflush
            block_device_cache_set block_device_driver block_device_logical_sector_size
            block_device_physical_sector_size boot_from_template boot_to_be_template ctlpath
            dbg_monitor_socket default_bridges default_gpu_model default_gpus default_maxmemory
            device_state_path disable_block_device_use disable_image_nvdimm disable_nesting_checks
            disable_seccomp disable_selinux disable_vhost_net disk_rate_limiter_bw_one_time_burst
            disk_rate_limiter_ops_one_time_burst enable_guest_swap enable_iommu_platform enable_iothreads
            enable_mem_prealloc enable_numa enable_vhost_user_store enable_virtio_mem extra_monitor_socket
            factory firmware_volume guest_hook_path guest_memory_dump_paging guest_memory_dump_path
            guest_swap_create_threshold_secs guest_swap_path guest_swap_size_percent
            hugepage_type hypervisor_loglevel indep_iothreads log_level machine_accelerators memory_offset memory_path
            memory_slots msize_9p net_rate_limiter_bw_one_time_burst net_rate_limiter_ops_one_time_burst
            network_queues num_queues numa_mapping overhead_memory overhead_vcpus pflashes
            prefetch_list_path queue_size reclaim_guest_freed_memory remote_hypervisor_socket
            remote_hypervisor_timeout hypervisor_socket hypervisor_timeout snp_guest_policy
            tdx_quote_generation_service_socket_port use_legacy_serial valid_ctlpaths
            valid_entropy_sources valid_hypervisor_paths valid_jailer_paths valid_vhost_user_store_paths
            valid_virtio_fs_daemon_paths vhost_user_reconnect_timeout_sec vhost_user_store_path
            virtio_fs_cache_size virtio_fs_is_dax virtio_fs_queue_size vm_rootfs_driver
            """)

    static let agentKeys: [ForeignKey] =
        [refused("policy", "the agent would not enforce that policy")]
        + ignored(
            """
            cdh_api_timeout cdh_api_timeout_ms container_pipe_size create_container_timeout
            dial_timeout_ms enable_tracing health_check_request_timeout_ms launch_process_timeout log_level
            log_port mem_agent passfd_listener_port reconnect_timeout_ms request_timeout_ms server_port
            visible_cdi_devices
            """)

    static let runtimeKeys: [ForeignKey] =
        [
            refused("experimental_force_guest_pull", "images would be pulled on the host"),
            refused(
                "emptydir_mode", when: .exactly("block-encrypted"), "the volumes would not be encrypted"),
        ]
        + ignored(
            """
            agent_name dan_conf disable_guest_empty_dir disable_new_netns enable_pprof enable_tracing
            enable_vcpus_pinning experimental guest_selinux_label hypervisor_name internetworking_model
            jaeger_endpoint jaeger_password jaeger_user keep_abnormal kubelet_root_dir log_level name
            passfd_listener_port sandbox_bind_mounts sandbox_cgroup_only
            shared_mounts static_sandbox_resource_mgmt use_passfd_io
            """)
}
