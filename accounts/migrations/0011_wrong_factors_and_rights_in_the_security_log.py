"""Wrong second factors, and changes of what one may do, are acts of the security log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_export_in_the_security_log"),
    ]

    operations = [
        migrations.AlterField(
            model_name="securityevent",
            name="act",
            field=models.CharField(
                choices=[
                    ("signed_in", "Signed in"),
                    ("api_signed_in", "Signed in by the API"),
                    ("sign_in_failed", "A sign-in failed"),
                    ("factor_failed", "A wrong second factor was given"),
                    ("signed_out", "Signed out"),
                    ("session_ended", "A device was signed out"),
                    ("all_ended", "All other devices were signed out"),
                    ("token_reused", "A used token came back; its sign-in was ended"),
                    ("password_changed", "The password was changed"),
                    ("email_added", "An e-mail address was added"),
                    ("email_changed", "The e-mail address was changed"),
                    ("email_removed", "An e-mail address was removed"),
                    ("factor_added", "A second factor or passkey was added"),
                    ("factor_removed", "A second factor or passkey was removed"),
                    ("codes_renewed", "Recovery codes were made anew"),
                    ("rights_changed", "Permissions were changed"),
                    ("exported", "Everything was exported"),
                    ("key_made", "An API key was made"),
                    ("key_revoked", "An API key was revoked"),
                ],
                max_length=20,
            ),
        ),
    ]
