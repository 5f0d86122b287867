"""The configuration files of a generated PBX that do not depend on its people."""

MODULES = """\
; An explicit list: what a small office uses, and nothing that looks for a service that is not there.
[modules]
autoload = no
preload = res_sorcery_config.so
{modules}
"""

LOADED = (
    "res_timing_timerfd res_crypto res_sorcery_memory res_sorcery_astdb res_speech res_pjproject "
    "res_rtp_asterisk res_srtp res_http_websocket "
    "res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_outbound_publish res_pjsip_sdp_rtp res_pjsip_registrar "
    "res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest res_pjsip_outbound_registration "
    "res_pjsip_endpoint_identifier_user res_pjsip_endpoint_identifier_ip res_pjsip_acl res_pjsip_caller_id "
    "res_pjsip_diversion res_pjsip_dtmf_info res_pjsip_empty_info res_pjsip_exten_state res_pjsip_header_funcs "
    "res_pjsip_logger res_pjsip_messaging res_pjsip_mwi res_pjsip_mwi_body_generator res_pjsip_nat res_pjsip_notify "
    "res_pjsip_dialog_info_body_generator res_pjsip_pidf_body_generator res_pjsip_path res_pjsip_refer "
    "res_pjsip_rfc3326 res_pjsip_dlg_options res_pjsip_sips_contact chan_pjsip "
    "bridge_builtin_features bridge_builtin_interval_features bridge_holding bridge_native_rtp bridge_simple "
    "bridge_softmix chan_bridge_media "
    "codec_ulaw codec_alaw codec_a_mu codec_g722 codec_gsm codec_resample format_gsm format_pcm format_sln format_wav "
    "format_wav_gsm res_format_attr_opus "
    "res_musiconhold res_agi res_parking res_stasis res_stasis_device_state "
    "app_bridgewait app_cdr app_confbridge app_db app_dial app_directed_pickup app_directory app_echo app_exec "
    "app_chanspy app_disa app_followme app_forkcdr app_milliwatt app_mixmonitor app_originate app_page "
    "app_playback app_playtones app_queue app_read app_record app_sayunixtime app_senddtmf app_softhangup app_stack "
    "app_system app_transfer app_userevent app_verbose app_voicemail app_waitforsilence app_while "
    "func_aes func_base64 func_blacklist func_callerid func_cdr func_channel func_config func_cut func_db "
    "func_devstate func_dialgroup func_dialplan func_env func_extstate func_global func_groupcount func_hangupcause "
    "func_logic func_math func_md5 func_module func_pjsip_aor func_pjsip_contact func_pjsip_endpoint "
    "func_presencestate func_rand func_sha1 func_shell func_sprintf func_strings func_timeout func_uri func_version "
    "func_volume cdr_csv pbx_config pbx_spool res_clialiases res_security_log res_mutestream"
)

FILES: dict[str, str] = {
    "acl.conf": "[office]\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/255.0.0.0\n",
    "amd.conf": "[general]\ninitial_silence = 2500\ngreeting = 1500\n",
    "ccss.conf": "[general]\ncc_max_requests = 20\n",
    "cdr.conf": "[general]\nenable = yes\nunanswered = no\n\n[csv]\nusegmtime = yes\nloguniqueid = yes\n",
    "cel.conf": "[general]\nenable = no\n",
    "cli.conf": "[startup_commands]\n",
    "cli_aliases.conf": "[general]\ntemplate = friendly\n\n[friendly]\nhangup request = channel request hangup\n",
    "cli_permissions.conf": "[general]\ndefault_perm = permit\n",
    "codecs.conf": "[plc]\ngenericplc => true\n",
    "dnsmgr.conf": "[general]\nenable = no\n",
    "dsp.conf": "[default]\nsilencethreshold = 256\n",
    "enum.conf": "[general]\nsearch => e164.arpa\n",
    "extconfig.conf": "[settings]\n",
    "http.conf": "[general]\nservername = PBX\nsessionlimit = 100\n#include http_custom.conf\n",
    "indications.conf": (
        "[general]\ncountry = es\n\n"
        "[es]\ndescription = Spain\nringcadence = 1500,3000\ndial = 425\nbusy = 425/200,0/200\n"
        "ring = 425/1500,0/3000\ncongestion = 425/200,0/200,425/200,0/600\ncallwaiting = 425/175,0/175,425/175,0/3500\n"
        "dialrecall = !425/200,!0/200,!425/200,!0/200,!425/200,!0/200,425\nrecord = 1400/500,0/15000\n"
        "info = 950/330,0/1000\ndialout = 500\n\n"
        "[us]\ndescription = United States\nringcadence = 2000,4000\ndial = 350+440\nbusy = 480+620/500,0/500\n"
        "ring = 440+480/2000,0/4000\ncongestion = 480+620/250,0/250\ncallwaiting = 440/300,0/10000\n"
        "dialrecall = !350+440/100,!0/100,!350+440/100,!0/100,350+440\nrecord = 1400/500,0/15000\n"
        "info = !950/330,!1400/330,!1800/330,0\nstutter = !350+440/100,!0/100,350+440\n"
    ),
    "logger.conf": (
        "[general]\ndateformat = %F %T.%3q\nqueue_log = yes\n\n[logfiles]\nconsole => \n"
        "full => notice,warning,error,verbose(3)\n"
    ),
    "pjproject.conf": "[startup]\nlog_level = 2\n",
    "pjsip_notify.conf": "[reboot]\nEvent => check-sync\\;reboot=true\n\n[resync]\nEvent => check-sync\n",
    "queuerules.conf": "[general]\n\n[escalate]\npenaltychange => 30,+3\npenaltychange => 60,,+1\n",
    "rtp.conf": "[general]\nstrictrtp = yes\nicesupport = no\n#include rtp_custom.conf\n",
    "sorcery.conf": "",
    "stasis.conf": "",
    "udptl.conf": "[general]\nudptlfecentries = 3\nudptlfecspan = 3\nuse_even_ports = no\n#include udptl_custom.conf\n",
    "followme.conf": "[general]\nfeaturedigittimeout => 5000\n",
}  # fmt: skip


def plain_files() -> dict[str, str]:
    """Return the texts by file name below the configuration folder."""
    lines = "\n".join(f"load = {name}.so" for name in LOADED.split())
    return {**FILES, "modules.conf": MODULES.format(modules=lines)}
